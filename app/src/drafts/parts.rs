//! A draft in parts: what is long stands apart, so that a change elsewhere does not write it again.

use std::collections::BTreeMap;

use crate::state::draft::Draft;

/// A text longer than this is a part of its own, in bytes.
const PART_BYTES_MIN: usize = 16 * 1024;

/// Takes the long texts out of a draft, by the names of their fields.
#[must_use]
pub fn take_apart(draft: &mut Draft) -> BTreeMap<String, String> {
    let mut parts = BTreeMap::new();
    for_each_text(draft, |field, text| {
        if text.len() > PART_BYTES_MIN {
            parts.insert(field, std::mem::take(text));
        }
    });
    parts
}

/// Puts them back.
pub fn put_together(draft: &mut Draft, parts: &mut BTreeMap<String, String>) {
    for_each_text(draft, |field, text| {
        if let Some(part) = parts.remove(&field) {
            *text = part;
        }
    });
}

fn for_each_text(draft: &mut Draft, mut act: impl FnMut(String, &mut String)) {
    act("system".into(), &mut draft.system);
    for message in &mut draft.messages {
        act(format!("message {}", message.id), &mut message.text);
        for (place, image) in message.images.iter_mut().enumerate() {
            if let Some(data) = &mut image.data {
                act(format!("picture {} {place}", message.id), data);
            }
        }
    }
    for (name, value) in &mut draft.inputs {
        act(format!("input {name}"), value);
    }
    act("tools".into(), &mut draft.tools);
    act("schema".into(), &mut draft.format.schema);
    act("options".into(), &mut draft.options);
}

#[cfg(test)]
mod tests {
    use domain::{Image, Role};

    use super::*;
    use crate::state::draft::DraftMessage;

    #[test]
    fn what_is_taken_apart_is_put_together_again() {
        let long = |letter: &str| letter.repeat(PART_BYTES_MIN + 1);
        let image = Image { media_type: Some("image/png".into()), data: Some(long("A")), ..Image::default() };
        let draft = Draft {
            system: "short".into(),
            messages: vec![
                DraftMessage { images: vec![image], ..DraftMessage::new(7, Role::User, long("m")) },
                DraftMessage::new(3, Role::User, "short"),
            ],
            inputs: [("topic".to_owned(), long("i"))].into(),
            tools: long("t"),
            ..Draft::default()
        };
        let mut rest = draft.clone();
        let mut parts = take_apart(&mut rest);
        assert_eq!(parts.keys().collect::<Vec<_>>(), ["input topic", "message 7", "picture 7 0", "tools"]);
        assert!(serde_json::to_string(&rest).expect("json").len() < 2_000);
        put_together(&mut rest, &mut parts);
        assert_eq!(rest, draft);
        assert!(parts.is_empty());
    }
}
