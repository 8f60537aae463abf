//! What was understood of something pasted, in a few words.

use domain::{ChatMessage, PromptContent};

use super::figures::thousands;
use super::settings::Param;

/// Messages that are told one by one; of more, the first ones.
const MESSAGES_TOLD: usize = 6;
/// Longest value of a parameter that is told, in characters.
const VALUE_CHARS: usize = 40;

/// One thing that was understood: what it is, and what was found.
pub type Fact = (&'static str, String);

/// Everything that was understood, in the order in which it is told.
#[must_use]
pub fn facts(content: &PromptContent) -> Vec<Fact> {
    let model = if content.model.is_empty() { "not named".to_owned() } else { content.model.clone() };
    let variables = content.variables();
    let mut facts = vec![("Messages", messages(&content.messages)), ("Model", model)];
    let sent = sent(content);
    if !sent.is_empty() {
        facts.push(("Sent", sent));
    }
    if !variables.is_empty() {
        facts.push(("Variables", variables.join(", ")));
    }
    if !content.tools.is_empty() {
        let names: Vec<_> = content.tools.iter().map(|tool| tool.name.as_str()).collect();
        facts.push(("Tools", names.join(", ")));
    }
    if let Some(options) = &content.provider_options {
        facts.push(("Provider options", format!("{} bytes of JSON", thousands(options.as_str().len() as u64))));
    }
    facts
}

/// The messages, each with its role and length.
fn messages(messages: &[ChatMessage]) -> String {
    let told = messages.iter().take(MESSAGES_TOLD).map(|message| {
        let characters: usize = message.content.texts().map(|text| text.chars().count()).sum();
        let pictures = match message.content.images().count() {
            0 => String::new(),
            1 => " and a picture".to_owned(),
            count => format!(" and {count} pictures"),
        };
        format!("{}, {} characters{pictures}", message.role.as_str(), thousands(characters as u64))
    });
    let mut told: Vec<_> = told.collect();
    if messages.len() > MESSAGES_TOLD {
        told.push(format!("{} more", thousands((messages.len() - MESSAGES_TOLD) as u64)));
    }
    told.join("; ")
}

/// Parameters, and the form of the answer.
fn sent(content: &PromptContent) -> String {
    let param = |param: Param| {
        let value = param.typed(&content.params)?.replace('\n', ", ");
        let shown: String = value.chars().take(VALUE_CHARS).collect();
        let more = if shown.len() < value.len() { "…" } else { "" };
        Some(format!("{} {shown}{more}", param.label().to_lowercase()))
    };
    let format = content.response_format.as_ref().map(|_| "response format".to_owned());
    Param::ALL.into_iter().filter_map(param).chain(format).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use domain::{Params, Role};

    use super::*;

    #[test]
    fn a6_what_was_understood_is_told() {
        let mut content = PromptContent {
            model: "gpt-5-mini".into(),
            messages: vec![
                ChatMessage::text(Role::System, "Sort the mail."),
                ChatMessage::text(Role::User, "{{mail}} für {{name}}"),
            ],
            params: Params {
                temperature: Some(0.2),
                max_tokens: Some(400),
                stop: Some(vec!["a".into(), "x".repeat(50)]),
                ..Params::default()
            },
            ..PromptContent::default()
        };
        let expected = [
            ("Messages", "system, 14 characters; user, 21 characters".to_owned()),
            ("Model", "gpt-5-mini".to_owned()),
            ("Sent", format!("temperature 0.2, max tokens 400, stop sequences a, {}…", "x".repeat(37))),
            ("Variables", "mail, name".to_owned()),
        ];
        assert_eq!(facts(&content), expected);
        content.messages = vec![ChatMessage::text(Role::User, "x"); 9];
        assert!(facts(&content)[0].1.ends_with("; 3 more"), "{:?}", facts(&content));
    }
}
