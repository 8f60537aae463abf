//! What a response was asked with, as items.

use std::collections::BTreeMap;

use domain::limits::INLINE_BODY_BYTES_MAX;
use domain::{ApiError, ChatMessage, Content, Part, Role, RunId, template};
use serde_json::{Value, json};

use crate::answer::hex;

/// The items that a model was given: the whole conversation but for the instructions, in its order.
///
/// # Errors
/// When a text is longer than any request.
pub fn input_items(
    run: RunId,
    messages: &[ChatMessage],
    has_instructions: bool,
) -> Result<Vec<(String, Value)>, ApiError> {
    let mut room = INLINE_BODY_BYTES_MAX;
    let mut items: Vec<(String, Value)> = Vec::new();
    for message in messages.iter().skip(usize::from(has_instructions)) {
        // Texts are kept as templates in which nothing is a variable.
        let content = message.content.try_map(|text| template::render(text, &BTreeMap::new(), &mut room))?;
        let mut add = |kind: &str, mut item: Value| {
            let id = format!("{kind}_{}_in{}", hex(run), items.len());
            item["id"] = id.as_str().into();
            item["status"] = "completed".into();
            items.push((id, item));
        };
        match message.role {
            Role::Tool => add(
                "fco",
                json!({"type": "function_call_output", "call_id": message.tool_call_id, "output": content.text()}),
            ),
            role => {
                if message.tool_calls.is_empty() || content.texts().any(|text| !text.is_empty()) {
                    let parts = parts(&content, role)?;
                    add("msg", json!({"type": "message", "role": role.as_str(), "content": parts}));
                }
            }
        }
        for call in &message.tool_calls {
            add(
                "fc",
                json!({"type": "function_call", "call_id": call.id, "name": call.name, "arguments": call.arguments}),
            );
        }
    }
    Ok(items)
}

fn parts(content: &Content, role: Role) -> Result<Vec<Value>, ApiError> {
    let text = |text: &str| match role {
        Role::Assistant => json!({"type": "output_text", "text": text, "annotations": []}),
        _ => json!({"type": "input_text", "text": text}),
    };
    match content {
        Content::Text(one) => Ok(vec![text(one)]),
        Content::Parts(parts) => parts
            .iter()
            .map(|part| {
                Ok(match part {
                    Part::Text { text: piece } => text(piece),
                    Part::Image(image) => json!({
                        "type": "input_image", "image_url": image.as_url()?,
                        "detail": image.detail.as_deref().unwrap_or("auto"),
                    }),
                    Part::Native { json, .. } => serde_json::from_str(json).unwrap_or_default(),
                })
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use domain::ToolCall;

    use super::*;
    use crate::answer::testing::RUN;

    #[test]
    fn every_message_is_an_item_and_every_call() {
        let call = ToolCall { id: "c1".into(), name: "clock".into(), arguments: "{}".into() };
        let messages = [
            ChatMessage::text(Role::System, "Be kind."),
            ChatMessage::text(Role::User, "\\{{x}}"),
            ChatMessage { tool_calls: vec![call], ..ChatMessage::text(Role::Assistant, "") },
            ChatMessage { tool_call_id: Some("c1".into()), ..ChatMessage::text(Role::Tool, "noon") },
        ];
        let items = input_items(RUN, &messages, true).expect("items");
        let kinds: Vec<_> = items.iter().map(|(_, item)| item["type"].clone()).collect();
        assert_eq!(kinds, ["message", "function_call", "function_call_output"]);
        assert_eq!(items[0].1["content"][0]["text"], "{{x}}");
        assert_eq!(items[2].1["output"], "noon");
    }
}
