//! Two versions side by side: every text with what differs in it, and the rest as tables.

use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::{Fact, Pair, beside_text, has_twins, inputs, pair, settings, title, tools};
use crate::chat::{ChatMessage, Tool, Verbatim};
use crate::diff::{self, TextDiff};
use crate::pretty::pretty;
use crate::prompt::PromptContent;

/// What became of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// It is the same.
    Same,
    /// It says something else.
    Changed,
    /// It was not there.
    Added,
    /// It is not there any more.
    Gone,
    /// It stands elsewhere: it was the n-th, from 1.
    Moved(usize),
}

/// A text in two versions: a message, a tool, a schema.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Section {
    /// What it is called.
    pub title: String,
    /// What became of it.
    pub what: What,
    /// The old text; empty where nothing differs, so that it need not be carried.
    pub old: String,
    /// The new text; empty where nothing differs.
    pub new: String,
    /// What differs.
    pub diff: TextDiff,
    /// What else differs: pictures, calls, who speaks.
    pub beside: Vec<Fact>,
}

/// Two versions side by side.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct VersionDiff {
    /// The messages in the order of the new version, then the tools and other JSON that differ.
    pub sections: Vec<Section>,
    /// The model, the parameters and what else steers a run.
    pub settings: Vec<Fact>,
    /// The tools.
    pub tools: Vec<Fact>,
    /// The values that the variables have where a run gives none.
    pub inputs: Vec<Fact>,
}

/// What differs, in a few lines.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    /// A line for each thing that is another.
    pub rows: Vec<Row>,
    /// Lines of text that are new.
    pub added: usize,
    /// Lines of text that are gone.
    pub removed: usize,
    /// Settings, tools and inputs that are others.
    pub values: usize,
}

/// One thing that is another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Row {
    /// A text: what became of it, its new lines, its gone lines.
    Text(String, What, usize, usize),
    /// A value.
    Value(Fact),
}

/// Compares two versions. Beyond the deadline the texts are compared more coarsely, never wrongly.
#[must_use]
pub fn compare(old: &PromptContent, new: &PromptContent, deadline: Option<Instant>) -> VersionDiff {
    let pairs = pair(&old.messages, &new.messages);
    let messages = pairs.iter().map(|pair| message(old, new, *pair, deadline));
    let others = json_texts(old, new).into_iter().map(|(name, old, new)| text(name, old, new, deadline));
    VersionDiff {
        sections: messages.chain(others).collect(),
        settings: settings(old, new),
        tools: tools(old, new),
        inputs: inputs(old, new),
    }
}

fn message(old: &PromptContent, new: &PromptContent, pair: Pair, deadline: Option<Instant>) -> Section {
    let (was, now) = (pair.old.map(|at| &old.messages[at]), pair.new.map(|at| &new.messages[at]));
    let name = match (pair.old, pair.new) {
        (_, Some(place)) => title(&new.messages, place),
        (Some(place), None) => title(&old.messages, place),
        (None, None) => String::new(),
    };
    let said = |message: Option<&ChatMessage>| message.map(|message| message.content.text()).unwrap_or_default();
    let mut section = text(name, said(was), said(now), deadline);
    section.beside = beside_text(was, now);
    section.what = match (was, now) {
        (None, _) => What::Added,
        (_, None) => What::Gone,
        _ if pair.moved => What::Moved(pair.old.unwrap_or_default() + 1),
        _ if section.diff.hunks.is_empty() && section.beside.is_empty() => What::Same,
        _ => What::Changed,
    };
    section
}

/// A text on both sides.
pub(super) fn text(title: String, old: String, new: String, deadline: Option<Instant>) -> Section {
    let diff = diff::compare(&old, &new, deadline);
    let what = if diff.hunks.is_empty() { What::Same } else { What::Changed };
    let (old, new) = if diff.hunks.is_empty() { (String::new(), String::new()) } else { (old, new) };
    // Places count from the texts that are carried.
    let diff = if diff.hunks.is_empty() { TextDiff::default() } else { diff };
    Section { title, what, old, new, diff, beside: Vec::new() }
}

/// What is written in JSON and stands in both versions, but is not the same: no table could show it.
fn json_texts(old: &PromptContent, new: &PromptContent) -> Vec<(String, String, String)> {
    let mut texts = Vec::new();
    if !has_twins(&old.tools) && !has_twins(&new.tools) {
        for tool in &new.tools {
            if let Some(was) = old.tools.iter().find(|was| was.name == tool.name && *was != tool) {
                texts.push((format!("Tool {}", tool.name), tool_text(was), tool_text(tool)));
            }
        }
    }
    let schema =
        |content: &PromptContent| content.response_format.as_ref().and_then(|format| format.schema.as_ref()).map(json);
    let options = |content: &PromptContent| content.provider_options.as_ref().map(json);
    for (name, was, now) in
        [("Response schema", schema(old), schema(new)), ("Provider options", options(old), options(new))]
    {
        if let (Some(was), Some(now)) = (was, now)
            && was != now
        {
            texts.push((name.to_owned(), was, now));
        }
    }
    texts
}

fn tool_text(tool: &Tool) -> String {
    pretty(&serde_json::to_string(tool).unwrap_or_default())
}

fn json(json: &Verbatim) -> String {
    pretty(json.as_str())
}

impl VersionDiff {
    /// What differs, in a few lines.
    #[must_use]
    pub fn changes(&self) -> Changes {
        let texts = self.sections.iter().filter(|section| section.what != What::Same);
        let named = |kind: &'static str, facts: &[Fact]| {
            let changed = facts.iter().filter(|fact| fact.changed).cloned();
            changed.map(|fact| Fact { name: format!("{kind}{}", fact.name), ..fact }).collect::<Vec<_>>()
        };
        let values = [named("", &self.settings), named("Tool ", &self.tools), named("Input ", &self.inputs)].concat();
        let rows = texts.map(|section| {
            Row::Text(section.title.clone(), section.what, section.diff.added_lines, section.diff.removed_lines)
        });
        Changes {
            values: values.len(),
            rows: rows.chain(values.into_iter().map(Row::Value)).collect(),
            added: self.sections.iter().map(|section| section.diff.added_lines).sum(),
            removed: self.sections.iter().map(|section| section.diff.removed_lines).sum(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::Role;

    fn content(texts: &[(Role, &str)]) -> PromptContent {
        let messages = texts.iter().map(|(role, text)| ChatMessage::text(*role, *text)).collect();
        PromptContent { model: "m".into(), messages, ..PromptContent::default() }
    }

    #[test]
    fn a4_each_message_is_compared_with_what_it_was() {
        let old = content(&[(Role::System, "Be short.\nAnswer."), (Role::User, "About rivers.")]);
        let mut new = content(&[
            (Role::System, "Be short.\nAnswer in {{language}}."),
            (Role::User, "An example, to begin with."),
            (Role::User, "About rivers."),
        ]);
        new.params.temperature = Some(0.3);
        let found = compare(&old, &new, None);
        let told: Vec<_> = found.sections.iter().map(|section| (section.title.as_str(), section.what)).collect();
        assert_eq!(
            told,
            [("System", What::Changed), ("Message 1, user", What::Added), ("Message 2, user", What::Same)]
        );
        assert_eq!((found.sections[0].diff.added_lines, found.sections[0].diff.removed_lines), (1, 1));
        assert!(found.sections[2].new.is_empty(), "what is the same is not carried");
        let changes = found.changes();
        assert_eq!((changes.added, changes.removed, changes.values), (2, 1, 1));
        assert_eq!(changes.rows.len(), 3);
        assert_eq!(compare(&new, &new, None).changes(), Changes::default());
    }

    #[test]
    fn a4_json_that_differs_is_read_line_by_line() {
        let raw = |text: &str| Verbatim(serde_json::value::RawValue::from_string(text.into()).expect("JSON"));
        let tool = |json: &str| Tool { name: "t".into(), description: None, parameters: Some(raw(json)), strict: None };
        let (mut old, mut new) = (content(&[]), content(&[]));
        (old.tools, new.tools) = (vec![tool(r#"{"a":1,"b":2}"#)], vec![tool(r#"{"a":1,"b":3}"#)]);
        old.provider_options = Some(raw("{}"));
        let found = compare(&old, &new, None);
        let [section] = &found.sections[..] else { panic!("one section: {found:?}") };
        assert_eq!((section.title.as_str(), section.diff.added_lines, section.diff.removed_lines), ("Tool t", 1, 1));
        assert!(found.settings.iter().any(|fact| fact.name == "Provider options" && fact.changed));
    }
}
