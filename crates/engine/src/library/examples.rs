//! Five prompts that are there on the first day. They live in the binary and become rows when someone saves one.

use std::collections::BTreeMap;

use domain::chat::{ResponseFormat, ResponseKind, Verbatim};
use domain::{ChatMessage, Params, PromptContent, PromptId, Role, VersionId};
use serde_json::value::RawValue;

/// An example.
pub struct Example {
    /// Its id, the same in every workspace.
    pub id: PromptId,
    /// The id of its one version.
    pub version_id: VersionId,
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// Its tags.
    pub tags: &'static [&'static str],
    system: &'static str,
    user: &'static str,
    inputs: &'static [(&'static str, &'static str)],
    temperature: f64,
    max_tokens: u32,
    schema: Option<&'static str>,
}

/// Ids that no clock makes: version 7 and variant as RFC 9562 has them, at the time 0.
const fn bytes(kind: u8, n: u8) -> [u8; 16] {
    [0, 0, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, kind, n]
}

const fn prompt(n: u8) -> PromptId {
    PromptId::from_bytes(bytes(1, n))
}

const fn version(n: u8) -> VersionId {
    VersionId::from_bytes(bytes(2, n))
}

/// All of them.
pub static EXAMPLES: [Example; 5] = [
    Example {
        id: prompt(1),
        version_id: version(1),
        name: "Summarise a text",
        description: "The gist of a text in as many points as you say.",
        tags: &["example", "writing"],
        system: "You summarise texts. Keep to what the text says.",
        user: "Summarise the text below in {{count}} short points.\n\n<text>\n{{input}}\n</text>",
        inputs: &[("count", "three")],
        temperature: 0.3,
        max_tokens: 256,
        schema: None,
    },
    Example {
        id: prompt(2),
        version_id: version(2),
        name: "Sort a message by topic",
        description: "One word out of a list: for routing mail and tickets.",
        tags: &["classification", "example", "support"],
        system: "You sort messages of customers. Reply with one topic of the list and nothing else.",
        user: "Topics: {{topics}}\n\nMessage:\n{{input}}",
        inputs: &[("topics", "delivery, damage, billing, service, other")],
        temperature: 0.0,
        max_tokens: 16,
        schema: None,
    },
    Example {
        id: prompt(3),
        version_id: version(3),
        name: "Take facts out as JSON",
        description: "People, places and dates of a text, in a form that a program can read.",
        tags: &["example", "extraction", "json"],
        system: "You take facts out of texts. Leave a list empty where the text says nothing.",
        user: "Take the people, places and dates out of this text:\n\n{{input}}",
        inputs: &[],
        temperature: 0.0,
        max_tokens: 512,
        schema: Some(
            r#"{"type":"object","properties":{"people":{"type":"array","items":{"type":"string"}},"places":{"type":"array","items":{"type":"string"}},"dates":{"type":"array","items":{"type":"string"}}},"required":["people","places","dates"],"additionalProperties":false}"#,
        ),
    },
    Example {
        id: prompt(4),
        version_id: version(4),
        name: "Translate",
        description: "A text in another language, tone and layout kept.",
        tags: &["example", "language"],
        system: "You translate into {{language}}. Keep the tone, the names and the layout. Give the translation alone.",
        user: "{{input}}",
        inputs: &[("language", "French")],
        temperature: 0.2,
        max_tokens: 1_024,
        schema: None,
    },
    Example {
        id: prompt(5),
        version_id: version(5),
        name: "Explain code to a newcomer",
        description: "What a piece of code does, step by step, for someone who has never seen it.",
        tags: &["code", "example", "teaching"],
        system: "You explain code to {{reader}}. Say first what it is for, then what each part does.",
        user: "Explain this code:\n\n```\n{{input}}\n```",
        inputs: &[("reader", "someone who programs in another language")],
        temperature: 0.3,
        max_tokens: 768,
        schema: None,
    },
];

impl Example {
    /// The one with that id.
    #[must_use]
    pub fn of(id: PromptId) -> Option<&'static Self> {
        EXAMPLES.iter().find(|example| example.id == id)
    }

    /// What it holds, for that model.
    #[must_use]
    pub fn content(&self, model: &str) -> PromptContent {
        let schema = self.schema.map(|schema| ResponseFormat {
            kind: ResponseKind::JsonSchema,
            name: Some("facts".into()),
            schema: Some(Verbatim(RawValue::from_string(schema.into()).expect("the schema is JSON"))),
            strict: None,
        });
        let inputs = self.inputs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        PromptContent {
            model: model.to_owned(),
            messages: vec![ChatMessage::text(Role::System, self.system), ChatMessage::text(Role::User, self.user)],
            params: Params {
                temperature: Some(self.temperature),
                max_tokens: Some(self.max_tokens),
                ..Params::default()
            },
            inputs: inputs.collect::<BTreeMap<_, _>>(),
            response_format: schema,
            ..PromptContent::default()
        }
    }

    /// Its tags.
    #[must_use]
    pub fn tags(&self) -> Vec<String> {
        self.tags.iter().map(|tag| (*tag).to_owned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a8_each_example_can_be_kept() {
        for example in &EXAMPLES {
            let content = example.content("m");
            content.check().expect("an example is sound");
            assert!(content.variables().contains(&"input".to_owned()), "{} takes an input", example.name);
            domain::prompt::checked_name(example.name).expect("a name");
            domain::prompt::checked_tags(&example.tags()).expect("tags");
            assert!(Example::of(example.id).is_some_and(|found| found.name == example.name));
        }
    }
}
