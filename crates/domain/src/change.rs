//! What differs between two versions, or two runs, apart from the words of their texts: which message became which, and
//! what else is another.

mod compare;
mod pairs;
mod runs;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::chat::{ChatMessage, Content, Part, ResponseKind, Role, Tool};
use crate::prompt::PromptContent;

pub use compare::{Changes, Row, Section, VersionDiff, What, compare};
pub use pairs::{Pair, pair};
pub use runs::{RunDiff, compare_runs};

/// Longest value that is shown, in characters.
const SHOWN_CHARS_MAX: usize = 240;

/// Something that has one value in each version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// What it is called.
    pub name: String,
    /// What it was; absent, the version does not say.
    pub old: Option<String>,
    /// What it is.
    pub new: Option<String>,
    /// Whether it is another: long values are cut, and may look alike where they are not.
    pub changed: bool,
}

impl Fact {
    /// A fact of two values that can be compared and shown; none where neither version says anything.
    pub fn of<T: PartialEq>(
        name: impl Into<String>,
        old: Option<&T>,
        new: Option<&T>,
        show: impl Fn(&T) -> String,
    ) -> Option<Self> {
        if old.is_none() && new.is_none() {
            return None;
        }
        let shown = |value: Option<&T>| value.map(|value| cut(&show(value)));
        Some(Self { name: name.into(), changed: old != new, old: shown(old), new: shown(new) })
    }
}

/// At most so much of a text as a table can show.
#[must_use]
pub fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A value as JSON writes it.
fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// The model, the parameters and what else steers a run, each that either version has.
#[must_use]
pub fn settings(old: &PromptContent, new: &PromptContent) -> Vec<Fact> {
    let (p, q) = (&old.params, &new.params);
    let number = |value: &f64| value.to_string();
    let whole = |value: &u32| value.to_string();
    let facts = [
        Fact::of("Model", Some(&old.model), Some(&new.model), Clone::clone),
        Fact::of("Temperature", p.temperature.as_ref(), q.temperature.as_ref(), number),
        Fact::of("Max tokens", p.max_tokens.as_ref(), q.max_tokens.as_ref(), whole),
        Fact::of("Top P", p.top_p.as_ref(), q.top_p.as_ref(), number),
        Fact::of("Top K", p.top_k.as_ref(), q.top_k.as_ref(), whole),
        Fact::of("Stop sequences", p.stop.as_ref(), q.stop.as_ref(), json),
        Fact::of("Seed", p.seed.as_ref(), q.seed.as_ref(), |seed| seed.to_string()),
        Fact::of("Presence penalty", p.presence_penalty.as_ref(), q.presence_penalty.as_ref(), number),
        Fact::of("Frequency penalty", p.frequency_penalty.as_ref(), q.frequency_penalty.as_ref(), number),
        Fact::of("Logprobs", p.logprobs.as_ref(), q.logprobs.as_ref(), |count| count.to_string()),
        Fact::of("Reasoning effort", p.reasoning_effort.as_ref(), q.reasoning_effort.as_ref(), Clone::clone),
        Fact::of("Tool choice", old.tool_choice.as_ref(), new.tool_choice.as_ref(), |json| json.as_str().to_owned()),
        Fact::of("Several tools at once", old.parallel_tool_calls.as_ref(), new.parallel_tool_calls.as_ref(), |may| {
            if *may { "allowed" } else { "one at a time" }.to_owned()
        }),
        Fact::of("Response format", old.response_format.as_ref(), new.response_format.as_ref(), |format| {
            let kind = match format.kind {
                ResponseKind::Text => "text",
                ResponseKind::JsonObject => "JSON",
                ResponseKind::JsonSchema => "schema",
            };
            let name = format.name.iter().map(|name| format!(" {name}"));
            let strict =
                format.strict.iter().map(|strict| if *strict { ", strict" } else { ", not strict" }.to_owned());
            name.chain(strict).fold(kind.to_owned(), |shown, more| shown + &more)
        }),
        Fact::of("Provider options", old.provider_options.as_ref(), new.provider_options.as_ref(), |options| {
            options.as_str().to_owned()
        }),
    ];
    facts.into_iter().flatten().collect()
}

/// The values of the variables, by name.
#[must_use]
pub fn inputs(old: &PromptContent, new: &PromptContent) -> Vec<Fact> {
    let names: BTreeSet<&String> = old.inputs.keys().chain(new.inputs.keys()).collect();
    names
        .into_iter()
        .filter_map(|name| Fact::of(name, old.inputs.get(name), new.inputs.get(name), Clone::clone))
        .collect()
}

/// The tools by name, in the order of the new version, those that are gone after them.
///
/// Where one version has two tools of a name, the whole lists stand against each other: nobody can say which is which.
#[must_use]
pub fn tools(old: &PromptContent, new: &PromptContent) -> Vec<Fact> {
    if has_twins(&old.tools) || has_twins(&new.tools) {
        let some = |tools: &Vec<Tool>| (!tools.is_empty()).then(|| tools.clone());
        return Fact::of("All tools", some(&old.tools).as_ref(), some(&new.tools).as_ref(), json).into_iter().collect();
    }
    let find = |tools: &'_ [Tool], name: &str| tools.iter().find(|tool| tool.name == name).cloned();
    let gone = old.tools.iter().filter(|tool| find(&new.tools, &tool.name).is_none());
    new.tools
        .iter()
        .chain(gone)
        .filter_map(|tool| {
            let (old, new) = (find(&old.tools, &tool.name), find(&new.tools, &tool.name));
            Fact::of(&tool.name, old.as_ref(), new.as_ref(), |tool| match &tool.description {
                Some(text) if !text.trim().is_empty() => text.clone(),
                _ => tool.parameters.as_ref().map_or_else(String::new, |json| json.as_str().to_owned()),
            })
        })
        .collect()
}

/// Whether two tools have one name.
#[must_use]
pub fn has_twins(tools: &[Tool]) -> bool {
    let mut names = BTreeSet::new();
    !tools.iter().all(|tool| names.insert(&tool.name))
}

/// What a message is called: the first system message `System`, any other by its place and who speaks.
#[must_use]
pub fn title(messages: &[ChatMessage], place: usize) -> String {
    let leads = messages.first().is_some_and(|message| message.role == Role::System);
    let Some(message) = messages.get(place) else { return String::new() };
    if leads && place == 0 {
        return "System".to_owned();
    }
    let number = place + usize::from(!leads);
    let who = match message.role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
        Role::Tool => "tool",
    };
    format!("Message {number}, {who}")
}

/// What a message has beside its text: who speaks, pictures, calls, and pieces of one wire.
#[must_use]
pub fn beside_text(old: Option<&ChatMessage>, new: Option<&ChatMessage>) -> Vec<Fact> {
    let of = |message: Option<&ChatMessage>, read: fn(&ChatMessage) -> Vec<String>| {
        message.map(read).filter(|all| !all.is_empty()).map(|all| all.join(", "))
    };
    let row = |name: &str, read: fn(&ChatMessage) -> Vec<String>| {
        Fact::of(name, of(old, read).as_ref(), of(new, read).as_ref(), Clone::clone).filter(|fact| fact.changed)
    };
    let role = |message: &ChatMessage| vec![message.role.as_str().to_owned()];
    let rows = [
        if old.is_some() && new.is_some() { row("Role", role) } else { None },
        row("Pictures", |message| message.content.images().map(|image| fingerprint(&json(image))).collect()),
        row("Other pieces", |message| message.content.natives().map(|(_, part)| fingerprint(&json(part))).collect()),
        row("Tool calls", |message| {
            message.tool_calls.iter().map(|call| format!("{}({}) {}", call.name, call.arguments, call.id)).collect()
        }),
        row("Answers the call", |message| message.tool_call_id.iter().cloned().collect()),
        row("Order of the pieces", |message| order(&message.content)),
    ];
    rows.into_iter().flatten().collect()
}

/// A long piece by its beginning and its length.
fn fingerprint(text: &str) -> String {
    const SHOWN: usize = 60;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}… ({} bytes)", &text[..end], text.len()),
        None => text.to_owned(),
    }
}

/// The kinds of the pieces, where their order says more than the pieces.
fn order(content: &Content) -> Vec<String> {
    let Content::Parts(parts) = content else { return Vec::new() };
    let kind = |part: &Part| match part {
        Part::Text { .. } => "text",
        Part::Image(_) => "picture",
        Part::Native { .. } => "other",
    };
    if parts.len() < 2 { Vec::new() } else { parts.iter().map(|part| kind(part).to_owned()).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::Params;

    fn content(messages: Vec<ChatMessage>) -> PromptContent {
        PromptContent { model: "m".into(), messages, ..PromptContent::default() }
    }

    #[test]
    fn a4_what_either_version_has_is_told_and_whether_it_changed() {
        let mut old = content(vec![ChatMessage::text(Role::User, "x")]);
        old.params = Params { temperature: Some(0.7), top_p: Some(0.95), ..Params::default() };
        let mut new = old.clone();
        new.params = Params { temperature: Some(0.3), max_tokens: Some(1024), ..Params::default() };
        let told: Vec<_> = settings(&old, &new)
            .into_iter()
            .map(|fact| (fact.name, fact.old.unwrap_or_default(), fact.new.unwrap_or_default(), fact.changed))
            .collect();
        let row =
            |name: &str, old: &str, new: &str, changed| (name.to_owned(), old.to_owned(), new.to_owned(), changed);
        assert_eq!(
            told,
            [
                row("Model", "m", "m", false),
                row("Temperature", "0.7", "0.3", true),
                row("Max tokens", "", "1024", true),
                row("Top P", "0.95", "", true),
            ]
        );
    }

    #[test]
    fn a4_tools_are_told_apart_by_name() {
        let tool = |name: &str, text: &str| Tool {
            name: name.into(),
            description: Some(text.into()),
            parameters: None,
            strict: None,
        };
        let (mut old, mut new) = (content(Vec::new()), content(Vec::new()));
        old.tools = vec![tool("clock", "The time."), tool("map", "Where.")];
        new.tools = vec![tool("mail", "Sends."), tool("clock", "The time of day.")];
        let told: Vec<_> =
            tools(&old, &new).into_iter().map(|fact| (fact.name, fact.old.is_some(), fact.new.is_some())).collect();
        let expected = [("mail", false, true), ("clock", true, true), ("map", true, false)];
        assert_eq!(told, expected.map(|(name, old, new)| (name.to_owned(), old, new)));
        new.tools.push(tool("mail", "Twice."));
        assert_eq!(tools(&old, &new).len(), 1, "nobody can say which is which");
    }

    #[test]
    fn long_values_that_look_alike_are_still_told_apart() {
        let long = |end: &str| format!("{}{end}", "x".repeat(SHOWN_CHARS_MAX));
        let fact = Fact::of("a", Some(&long("1")), Some(&long("2")), Clone::clone).expect("a fact");
        assert!(fact.changed && fact.old == fact.new);
    }

    #[test]
    fn messages_are_called_by_their_place() {
        let messages = [ChatMessage::text(Role::System, ""), ChatMessage::text(Role::User, "")];
        assert_eq!([title(&messages, 0), title(&messages, 1)], ["System", "Message 1, user"]);
        assert_eq!(title(&messages[1..], 0), "Message 1, user");
    }
}
