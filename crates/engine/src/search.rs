//! What runs are found by: the words of request, answer, error and id.
//!
//! The same rule twice: rows are looked up in the database's index of words, runs that are not rows yet are looked
//! through here.

use std::borrow::Cow;

use domain::{NewRun, Role, Run, template};

pub use domain::history::words;

/// Most text of a request, and of an answer, that a run is found by, in bytes. The text stands in the database a
/// second time for it.
const TEXT_BYTES_MAX: usize = 128 * 1024;

/// The text that a run is found by.
#[must_use]
pub fn text(run: &Run) -> String {
    let mut text = run.id.to_string();
    if let Some(asked) = asked(run) {
        let messages = asked.messages.iter().flat_map(|message| message.content.texts());
        let messages: Vec<_> = messages.map(|text| written(run, text)).collect();
        let inputs = asked.inputs.values().map(String::as_str);
        append(&mut text, messages.iter().map(AsRef::as_ref).chain(inputs));
    }
    let output = &run.output;
    let calls = output.tool_calls.iter().flat_map(|call| [call.name.as_str(), call.arguments.as_str()]);
    let others = output.choices.iter().filter(|choice| choice.index > 0).map(|choice| choice.text.as_str());
    append(&mut text, [output.text.as_str(), output.reasoning.as_str()].into_iter().chain(calls).chain(others));
    append(&mut text, run.error.iter().map(|error| error.message.as_str()));
    text
}

/// The last message of the user, as it was written.
#[must_use]
pub fn prompt(run: &Run) -> String {
    let messages = asked(run).map(|asked| asked.messages).unwrap_or_default();
    let last = messages.iter().rev().find(|message| message.role == Role::User);
    last.map(|message| written(run, &message.content.text()).into_owned()).unwrap_or_default()
}

/// A text as whoever asked has written it: a client of an SDK's route writes no templates.
fn written<'a>(run: &Run, text: &'a str) -> Cow<'a, str> {
    if run.wire.is_some() { template::unescape(text).into() } else { text.into() }
}

/// Whether every word of the query begins a word of the run's text.
#[must_use]
pub fn finds(query: &str, run: &Run) -> bool {
    let there: Vec<String> = words(&text(run)).collect();
    words(query).all(|wanted| there.iter().any(|word| word.starts_with(&wanted)))
}

/// The query in the words of the database's index: each one in quotes, as a beginning.
#[must_use]
pub fn expression(query: &str) -> String {
    words(query).map(|word| format!("\"{word}\"*")).collect::<Vec<_>>().join(" ")
}

fn asked(run: &Run) -> Option<NewRun> {
    serde_json::from_str(run.request.as_str()).ok()
}

/// Adds texts until the bound is reached.
fn append<'a>(to: &mut String, texts: impl Iterator<Item = &'a str>) {
    let mut room = TEXT_BYTES_MAX;
    for text in texts.filter(|text| !text.is_empty()) {
        let text = &text[..text.floor_char_boundary(room)];
        room -= text.len();
        to.push(' ');
        to.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_cannot_leave_its_quotes() {
        assert_eq!(expression("two\" OR text:x*"), "\"two\"* \"or\"* \"text\"* \"x\"*");
    }

    #[test]
    fn texts_are_cut_between_characters() {
        let mut text = String::new();
        append(&mut text, ["ä".repeat(TEXT_BYTES_MAX).as_str(), "more"].into_iter());
        assert_eq!(text.trim_end().len(), TEXT_BYTES_MAX + 1);
    }
}
