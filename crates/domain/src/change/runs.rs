//! Two runs side by side: what each was asked, and what came of it.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::compare::text;
use super::{Section, VersionDiff, What, compare};
use crate::chat::{ToolCall, Verbatim};
use crate::prompt::PromptContent;
use crate::run::{NewRun, Output, Run};
use crate::template;

/// Two runs side by side.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RunDiff {
    /// What was asked, as two versions of it would be compared.
    pub asked: VersionDiff,
    /// What came back: the thoughts, the answer, the tool calls, further answers, the errors; each that either run has.
    pub answered: Vec<Section>,
}

impl RunDiff {
    /// Whether both were asked the same.
    #[must_use]
    pub fn is_asked_the_same(&self) -> bool {
        self.asked.changes().rows.is_empty()
    }

    /// Whether the same came back; so it is, too, where neither has answered.
    #[must_use]
    pub fn is_answered_the_same(&self) -> bool {
        self.answered.iter().all(|section| section.what == What::Same)
    }
}

/// Compares two runs, as they stand. Beyond the deadline the texts are compared more coarsely, never wrongly.
#[must_use]
pub fn compare_runs(old: &Run, new: &Run, deadline: Option<Instant>) -> RunDiff {
    RunDiff { asked: compare(&asked(old), &asked(new), deadline), answered: answered(old, new, deadline) }
}

/// What a run was asked, with the parameters that were in force.
fn asked(run: &Run) -> PromptContent {
    let request = serde_json::from_str::<NewRun>(run.request.as_str()).ok();
    let mut content = request.map(PromptContent::of_run).unwrap_or_default();
    content.model.clone_from(&run.model);
    content.params.clone_from(&run.params);
    // A client of an SDK's route writes no templates: its texts are read as they were sent.
    if run.wire.is_some() {
        for message in &mut content.messages {
            let Ok(literal) = message.content.try_map(|text| Ok::<_, Infallible>(template::unescape(text)));
            message.content = literal;
        }
    }
    content
}

/// What came back, in the order in which a run shows it.
fn answered(old: &Run, new: &Run, deadline: Option<Instant>) -> Vec<Section> {
    let (was, now) = (&old.output, &new.output);
    let error = |run: &Run| run.error.as_ref().map(|error| error.message.clone()).unwrap_or_default();
    let further = was.choices.iter().chain(&now.choices).map(|choice| choice.index).filter(|index| *index > 0);
    let further: BTreeSet<u32> = further.collect();
    let mut texts = vec![
        ("Thoughts".to_owned(), was.reasoning.clone(), now.reasoning.clone()),
        ("Answer".to_owned(), was.text.clone(), now.text.clone()),
        ("Tool calls".to_owned(), calls(&was.tool_calls), calls(&now.tool_calls)),
    ];
    texts.extend(
        further.into_iter().map(|index| (format!("Answer {}", index + 1), choice(was, index), choice(now, index))),
    );
    texts.push(("Error".to_owned(), error(old), error(new)));
    let texts = texts.into_iter().filter(|(_, was, now)| !was.is_empty() || !now.is_empty());
    texts
        .map(|(name, was, now)| {
            let lone = if was.is_empty() { Some(What::Added) } else { now.is_empty().then_some(What::Gone) };
            let section = text(name, was, now, deadline);
            Section { what: lone.unwrap_or(section.what), ..section }
        })
        .collect()
}

/// Tool calls for reading: each by its name, its arguments line by line. Their ids are dice and say nothing.
fn calls(calls: &[ToolCall]) -> String {
    let one = |call: &ToolCall| format!("{} {}", call.name, pretty(&call.arguments));
    calls.iter().map(one).collect::<Vec<_>>().join("\n")
}

/// JSON for reading; what is none stays as it came.
fn pretty(text: &str) -> String {
    match serde_json::from_str::<Verbatim>(text) {
        Ok(_) => crate::pretty::pretty(text),
        Err(_) => text.to_owned(),
    }
}

fn choice(output: &Output, index: u32) -> String {
    let found = output.choices.iter().find(|choice| choice.index == index);
    found.map(|choice| [choice.text.as_str(), &calls(&choice.tool_calls)].concat()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{ChatMessage, Role};
    use crate::error::{ApiError, Code};
    use crate::id::RunId;
    use crate::run::{Choice, RunStatus};
    use crate::wire::ClientWire;
    use crate::{Params, Usage};

    fn run(asked: &str, answer: &str) -> Run {
        let request = NewRun::new("m", vec![ChatMessage::text(Role::User, asked)]);
        let json = serde_json::value::to_raw_value(&request).expect("plain data");
        Run {
            id: RunId::from_bytes([1; 16]),
            status: RunStatus::Finished,
            model: "m".into(),
            resolved_model: None,
            provider: None,
            endpoint: None,
            wire: None,
            prompt: None,
            version: None,
            group: None,
            request: Verbatim(json),
            params: Params::default(),
            output: Output { text: answer.into(), ..Output::default() },
            finish_reason: None,
            usage: Usage::default(),
            cost_micros: None,
            queue_ms: None,
            ttft_ms: None,
            total_ms: None,
            error: None,
            parent: None,
            request_id: None,
            created_at: 0,
        }
    }

    fn told(diff: &RunDiff) -> Vec<(&str, What)> {
        diff.answered.iter().map(|section| (section.title.as_str(), section.what)).collect()
    }

    #[test]
    fn a7_what_was_asked_and_what_came_back_are_compared_apart() {
        let (old, mut new) = (run("About rivers", "They flow."), run("About rivers", "They run."));
        new.params.temperature = Some(0.3);
        let diff = compare_runs(&old, &new, None);
        assert!(!diff.is_asked_the_same() && !diff.is_answered_the_same());
        assert_eq!(told(&diff), [("Answer", What::Changed)]);
        assert_eq!((diff.answered[0].old.as_str(), diff.answered[0].new.as_str()), ("They flow.", "They run."));
        assert!(diff.asked.settings.iter().any(|fact| fact.name == "Temperature" && fact.changed));

        let same = compare_runs(&old, &old, None);
        assert!(same.is_asked_the_same() && same.is_answered_the_same());
        assert_eq!(told(&same), [("Answer", What::Same)]);
    }

    #[test]
    fn a7_everything_that_came_back_has_a_section_and_says_who_has_it() {
        let call =
            |id: &str, arguments: &str| ToolCall { id: id.into(), name: "t".into(), arguments: arguments.into() };
        let (mut old, mut new) = (run("x", ""), run("x", "Yes."));
        old.error = Some(ApiError::new(Code::Internal, "It broke."));
        old.output.tool_calls = vec![call("call_1", r#"{"a":1}"#)];
        new.output.tool_calls = vec![call("call_2", r#"{"a":1}"#)];
        new.output.reasoning = "Well.".into();
        new.output.choices = vec![
            Choice { index: 0, text: "Yes.".into(), ..Choice::default() },
            Choice { index: 1, text: "No.".into(), ..Choice::default() },
        ];
        let expected = [
            ("Thoughts", What::Added),
            ("Answer", What::Added),
            ("Tool calls", What::Same),
            ("Answer 2", What::Added),
            ("Error", What::Gone),
        ];
        assert_eq!(told(&compare_runs(&old, &new, None)), expected, "the ids of calls are no difference");
        new.output.tool_calls = vec![call("call_2", "{\"a\"")];
        assert_eq!(told(&compare_runs(&old, &new, None))[2].1, What::Changed, "what is no JSON is compared as it came");
    }

    #[test]
    fn a_text_of_a_client_is_read_as_it_was_sent() {
        let page = run(r"Say \{{x}}", "");
        let client = Run { wire: Some(ClientWire::Chat), ..page.clone() };
        let diff = compare_runs(&page, &client, None);
        assert_eq!(diff.asked.sections[0].new, "Say {{x}}");
    }
}
