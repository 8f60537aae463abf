use proptest::prelude::*;

use super::*;
use crate::chat::Role;
use crate::params::Params;

fn content(texts: &[&str]) -> PromptContent {
    let messages = texts.iter().map(|text| ChatMessage::text(Role::User, *text)).collect();
    PromptContent { model: "m".into(), messages, ..PromptContent::default() }
}

fn texts(merged: &Merged) -> Vec<String> {
    merged.content.messages.iter().map(|message| message.content.text()).collect()
}

fn told(merged: &Merged) -> Vec<(&str, Outcome)> {
    merged.spots.iter().map(|spot| (spot.name.as_str(), spot.outcome)).collect()
}

#[test]
fn a4_changes_in_different_places_merge_by_themselves() {
    let parent = content(&["one\ntwo\nthree\nfour"]);
    let mut theirs = content(&["one\nTWO\nthree\nfour"]);
    let mut yours = content(&["one\ntwo\nthree\nfour\nfive"]);
    theirs.params = Params { top_k: Some(7), ..Params::default() };
    yours.params = Params { temperature: Some(0.3), ..Params::default() };
    let merged = merge(&parent, &theirs, &yours, &[]);
    assert_eq!(texts(&merged), ["one\nTWO\nthree\nfour\nfive"]);
    assert_eq!((merged.content.params.temperature, merged.content.params.top_k), (Some(0.3), Some(7)));
    assert_eq!(
        told(&merged),
        [
            ("Message 1, user, line 2", Outcome::Theirs),
            ("Message 1, user, line 5", Outcome::Yours),
            ("Temperature", Outcome::Yours),
            ("Top K", Outcome::Theirs),
        ]
    );
}

#[test]
fn a4_what_both_changed_is_asked_for() {
    let parent = content(&["one\ntwo\nthree"]);
    let (mut theirs, mut yours) = (content(&["one\ntheirs\nthree"]), content(&["one\nyours\nthree"]));
    (theirs.model, yours.model) = ("t".into(), "y".into());
    let with = |picks: &[Pick]| merge(&parent, &theirs, &yours, picks);
    let merged = with(&[]);
    assert_eq!(told(&merged), [("Message 1, user, line 2", Outcome::Clash), ("Model", Outcome::Clash)]);
    assert_eq!(merged.spots[0].theirs.as_deref(), Some("theirs"));
    assert!(merged.spots[0].takes_both && !merged.spots[1].takes_both);
    assert_eq!((texts(&merged), merged.content.model), (vec!["one\nyours\nthree".to_owned()], "y".to_owned()));
    assert_eq!(texts(&with(&[Pick::Theirs])), ["one\ntheirs\nthree"]);
    assert_eq!(texts(&with(&[Pick::Both])), ["one\ntheirs\nyours\nthree"]);
    assert_eq!(with(&[Pick::Yours, Pick::Theirs]).content.model, "t");
}

#[test]
fn a4_lines_that_both_put_in_one_place_clash_and_the_same_change_does_not() {
    let parent = content(&["one\ntwo"]);
    let (theirs, yours) = (content(&["one\na\ntwo"]), content(&["one\nb\ntwo"]));
    assert_eq!(told(&merge(&parent, &theirs, &yours, &[])), [("Message 1, user, line 2", Outcome::Clash)]);
    assert_eq!(texts(&merge(&parent, &theirs, &yours, &[Pick::Both])), ["one\na\nb\ntwo"]);
    let alike = merge(&parent, &theirs, &theirs, &[]);
    assert_eq!(told(&alike), [("Message 1, user, line 2", Outcome::Alike)]);
    assert_eq!(alike.content, theirs);
}

#[test]
fn a4_messages_are_added_by_both_and_removed_by_one() {
    let parent = content(&["the first about rivers", "the second about lakes"]);
    let theirs = content(&["the first about rivers", "the second about lakes", "theirs is new"]);
    let yours = content(&["the second about lakes", "and yours too"]);
    let merged = merge(&parent, &theirs, &yours, &[Pick::Both]);
    assert_eq!(texts(&merged), ["the second about lakes", "theirs is new", "and yours too"]);
    assert_eq!(told(&merged), [("Message 1, user", Outcome::Yours), ("A message was added", Outcome::Clash)]);
    // Removed by one, changed by the other: nobody can know.
    let theirs = content(&["the first about broad rivers", "the second about lakes"]);
    let merged = merge(&parent, &theirs, &yours, &[Pick::Theirs]);
    assert_eq!(told(&merged)[0], ("Message 1, user", Outcome::Clash));
    assert_eq!(texts(&merged)[0], "the first about broad rivers");
}

#[test]
fn a4_tools_and_inputs_merge_by_name() {
    let tool = |name: &str, text: &str| Tool {
        name: name.into(),
        description: Some(text.into()),
        parameters: None,
        strict: None,
    };
    let (mut parent, mut theirs, mut yours) = (content(&[]), content(&[]), content(&[]));
    parent.tools = vec![tool("clock", "The time."), tool("map", "Where.")];
    theirs.tools = vec![tool("clock", "The time."), tool("map", "Where it is.")];
    yours.tools = vec![tool("clock", "The time of day."), tool("map", "Where."), tool("mail", "Sends.")];
    yours.inputs.insert("topic".into(), "rivers".into());
    let merged = merge(&parent, &theirs, &yours, &[]);
    let described: Vec<_> = merged.content.tools.iter().filter_map(|tool| tool.description.as_deref()).collect();
    assert_eq!(described, ["The time of day.", "Where it is.", "Sends."]);
    assert_eq!(merged.content.inputs["topic"], "rivers");
    assert!(merged.spots.iter().all(|spot| spot.outcome != Outcome::Clash));
}

fn document() -> impl Strategy<Value = PromptContent> {
    let line = prop::sample::select(vec!["a", "b", "c", "d", ""]);
    let text = prop::collection::vec(line, 0..6).prop_map(|lines| lines.join("\n"));
    let message = (prop::sample::select(vec![Role::System, Role::User, Role::Assistant]), text)
        .prop_map(|(role, text)| ChatMessage::text(role, text));
    let messages = prop::collection::vec(message, 0..4);
    (messages, prop::option::of(0_u32..3), prop::option::of(0_u32..3)).prop_map(|(messages, top_k, max_tokens)| {
        let params = Params { top_k, max_tokens, ..Params::default() };
        PromptContent { model: "m".into(), messages, params, ..PromptContent::default() }
    })
}

proptest! {
    #[test]
    fn a4_what_one_side_left_alone_is_the_others(parent in document(), changed in document()) {
        for (theirs, yours) in [(&changed, &parent), (&parent, &changed), (&changed, &changed)] {
            let merged = merge(&parent, theirs, yours, &[]);
            prop_assert_eq!(&merged.content, &changed);
            prop_assert!(merged.spots.iter().all(|spot| spot.outcome != Outcome::Clash));
        }
    }

    #[test]
    fn a4_every_pick_gives_a_document(parent in document(), theirs in document(), yours in document()) {
        for pick in [Pick::Theirs, Pick::Yours, Pick::Both] {
            let merged = merge(&parent, &theirs, &yours, &[pick; 64]);
            let again = merge(&parent, &theirs, &yours, &[pick; 64]);
            prop_assert_eq!(merged, again);
        }
    }
}
