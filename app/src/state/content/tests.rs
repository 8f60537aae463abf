use domain::chat::{Part, ToolCall};
use domain::wire::Vendor;
use domain::{Image, PromptId, VersionId};
use proptest::prelude::*;
use serde_json::value::RawValue;

use super::*;

fn raw(json: &str) -> Verbatim {
    Verbatim(RawValue::from_string(json.to_owned()).expect("JSON"))
}

fn preset(content: PromptContent) -> Preset {
    Preset {
        id: PromptId::from_bytes([1; 16]),
        name: "A name".into(),
        description: String::new(),
        tags: Vec::new(),
        favourite: false,
        labels: std::collections::BTreeMap::new(),
        head: 7,
        version: 5,
        version_id: VersionId::from_bytes([2; 16]),
        digest: "d".into(),
        parent: None,
        merged: None,
        note: String::new(),
        author: "a".into(),
        created_at: 0,
        updated_at: 0,
        saved_at: 0,
        example: false,
        archived: false,
        content,
    }
}

/// Through the fields, through the place where drafts are kept, and back.
fn again(content: &PromptContent) -> String {
    let draft = Draft::of_preset(&preset(content.clone()));
    let kept = serde_json::to_string(&draft).expect("plain data");
    let draft: Draft = serde_json::from_str(&kept).expect("its own JSON");
    draft.content().expect("what was saved can be saved").canonical()
}

fn text() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a",
        " ",
        "\n",
        "\r\n",
        "\t",
        "{{topic}}",
        "\\{{x}}",
        "\"",
        "\\",
        "é",
        "👩‍👩‍👧",
        "\u{202e}",
        "\u{0}",
        "{",
        "</textarea>",
    ]);
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn json_text() -> impl Strategy<Value = Verbatim> {
    prop::sample::select(vec![
        r#"{}"#,
        r#"{ "b" : 1.0, "a":1e5 }"#,
        "[1,\n  2 ]",
        r#"{"x":1,"x":2}"#,
        r#"{"n":0.30000000000000004}"#,
        "null",
        r#""auto""#,
        r#""required""#,
        r#""a word ""#,
        r#""""#,
        "12345678901234567890123",
        r#"{"type":"tool","name":"t"}"#,
        r#"{"s":"\u0041\n"}"#,
        "true",
    ])
    .prop_map(raw)
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        prop::sample::select(vec![
            0.0,
            -0.0,
            0.1 + 0.2,
            1e-7,
            1.0,
            2.0,
            5e-324,
            f64::MAX,
            -1e300,
            123_456_789.000_000_1
        ]),
        prop::num::f64::NORMAL,
    ]
}

fn part() -> impl Strategy<Value = Part> {
    prop_oneof![
        text().prop_map(|text| Part::Text { text }),
        prop::option::of(text()).prop_map(|detail| Part::Image(Image {
            url: Some("data:x".into()),
            detail,
            ..Image::default()
        })),
        text().prop_map(|data| Part::Image(Image {
            media_type: Some("image/png".into()),
            data: Some(data),
            ..Image::default()
        })),
        text().prop_map(|json| Part::Native { vendor: Vendor::Openai, json }),
    ]
}

fn message() -> impl Strategy<Value = ChatMessage> {
    let role = prop::sample::select(vec![Role::System, Role::User, Role::Assistant, Role::Tool]);
    let content =
        prop_oneof![text().prop_map(Content::Text), prop::collection::vec(part(), 0..5).prop_map(Content::Parts),];
    let call = (text(), text()).prop_map(|(id, arguments)| ToolCall { id, name: "t".into(), arguments });
    (role, content, prop::collection::vec(call, 0..3), prop::option::of(text()))
        .prop_map(|(role, content, tool_calls, tool_call_id)| ChatMessage { role, content, tool_calls, tool_call_id })
}

fn params() -> impl Strategy<Value = Params> {
    let share = || prop::option::of(number());
    let stop = prop::option::of(prop::collection::vec(text(), 0..4));
    let whole = (any::<Option<u32>>(), any::<Option<u32>>(), any::<Option<i64>>(), any::<Option<u8>>());
    (share(), share(), share(), share(), stop, whole, prop::option::of(text())).prop_map(
        |(
            temperature,
            top_p,
            presence_penalty,
            frequency_penalty,
            stop,
            (top_k, max_tokens, seed, logprobs),
            reasoning_effort,
        )| Params {
            temperature,
            top_p,
            top_k,
            max_tokens,
            stop,
            seed,
            presence_penalty,
            frequency_penalty,
            logprobs,
            reasoning_effort,
        },
    )
}

fn format() -> impl Strategy<Value = ResponseFormat> {
    let kind = prop::sample::select(vec![ResponseKind::Text, ResponseKind::JsonObject, ResponseKind::JsonSchema]);
    (kind, prop::option::of(text()), prop::option::of(json_text()), any::<Option<bool>>())
        .prop_map(|(kind, name, schema, strict)| ResponseFormat { kind, name, schema, strict })
}

fn tool() -> impl Strategy<Value = Tool> {
    (text(), prop::option::of(text()), prop::option::of(json_text()), any::<Option<bool>>())
        .prop_map(|(name, description, parameters, strict)| Tool { name, description, parameters, strict })
}

fn document() -> impl Strategy<Value = PromptContent> {
    let messages = prop::collection::vec(message(), 0..5);
    let inputs = prop::collection::btree_map(
        prop::sample::select(vec!["topic".to_owned(), "gone".into(), "x".into()]),
        text(),
        0..3,
    );
    let tools = prop::collection::vec(tool(), 0..3);
    let rest = (
        prop::option::of(json_text()),
        any::<Option<bool>>(),
        prop::option::of(format()),
        prop::option::of(json_text()),
    );
    (text(), messages, params(), inputs, tools, rest).prop_map(
        |(
            model,
            messages,
            params,
            inputs,
            tools,
            (tool_choice, parallel_tool_calls, response_format, provider_options),
        )| {
            let content = PromptContent {
                model,
                messages,
                params,
                inputs,
                tools,
                tool_choice,
                parallel_tool_calls,
                response_format,
                provider_options,
            };
            // As it is after it was kept: `null` is nothing.
            serde_json::from_str(&content.canonical()).expect("its own JSON")
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a4_what_a_version_holds_comes_through_the_fields_to_the_byte(content in document()) {
        prop_assert_eq!(again(&content), content.canonical());
    }

    #[test]
    fn a4_a_change_of_one_field_leaves_the_others_as_they_were(content in document(), seed in any::<i64>()) {
        let mut draft = Draft::of_preset(&preset(content.clone()));
        draft.settings.insert(Param::Seed, Setting { send: true, text: seed.to_string() });
        let mut expected = content;
        expected.params.seed = Some(seed);
        prop_assert_eq!(draft.content().expect("content").canonical(), expected.canonical());
    }
}

#[test]
fn a2_what_is_switched_off_is_not_saved() {
    let mut draft = Draft::example(&ModelInfo::named("m", "p"));
    draft.settings.insert(Param::Seed, Setting { send: false, text: "no number".into() });
    assert_eq!(draft.content().expect("content").params.names(), ["temperature", "max_tokens"]);
    draft.settings.insert(Param::Seed, Setting { send: true, text: "no number".into() });
    let refusal = draft.content().expect_err("no number");
    assert_eq!(refusal.fix, Some(Fix::Omit(Param::Seed)));
    assert!(refusal.error.message.ends_with(NOT_SAVED), "{}", refusal.error.message);
}

#[test]
fn a4_only_values_of_variables_that_are_there_become_defaults() {
    let mut draft = Draft::example(&ModelInfo::named("m", "p"));
    draft.messages[0].text = "About {{topic}} with {{key}}".into();
    for (name, value) in [("topic", "rivers"), ("key", "sk-secret"), ("gone", "kept in the draft"), ("empty", "")] {
        draft.inputs.insert(name.into(), value.into());
    }
    draft.unsaved.insert("key".into());
    let inputs = draft.content().expect("content").inputs;
    assert_eq!(inputs.into_iter().collect::<Vec<_>>(), [("topic".to_owned(), "rivers".to_owned())]);
}

#[test]
fn a4_a_picture_before_its_text_stays_there_while_the_text_is_written() {
    let image = Part::Image(Image { url: Some("https://example.org/a.png".into()), ..Image::default() });
    let parts = vec![image.clone(), Part::Text { text: "What?".into() }];
    let message = ChatMessage { content: Content::Parts(parts), ..ChatMessage::text(Role::User, "") };
    let mut fields = DraftMessage::of(1, &message);
    assert_eq!(fields.compose(), message);
    fields.text = "What is it?".into();
    assert_eq!(fields.compose().content, Content::Parts(vec![image, Part::Text { text: "What is it?".into() }]));
    fields.images.clear();
    assert_eq!(fields.compose().content, Content::Parts(vec![Part::Text { text: "What is it?".into() }]));
}

#[test]
fn a4_a_model_by_another_name_is_kept_by_that_name() {
    let content = PromptContent { model: "fast".into(), ..PromptContent::default() };
    let mut draft = Draft::of_preset(&preset(content));
    draft.know_model(&[ModelInfo { aliases: vec!["fast".into()], ..ModelInfo::named("tiny", "p") }]);
    assert_eq!((draft.model.as_str(), draft.model_name().as_str()), ("tiny", "fast"));
    draft.model = "other".into();
    assert_eq!(draft.model_name(), "other");
}
