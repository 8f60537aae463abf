//! Files that are wrong.

use domain::Code;
use domain::carry::{Imported, REFUSED_MAX};
use serde_json::{Value, json};

use super::{Shelf, about, content, filled};
use crate::carry::Of;
use crate::principal::Principal;

#[tokio::test]
async fn a_file_that_was_cut_says_where_and_nothing_is_written() {
    let file = filled().await.export().await;
    let there = Shelf::new().await;
    let step = file.len() / 97;
    for cut in (0..file.trim_end().len()).step_by(step).chain([1, 2, file.trim_end().len() - 1]) {
        let Some(part) = file.get(..cut) else { continue };
        let refused = there.import(part).await.expect_err("cut");
        assert_eq!(refused.code, Code::InvalidRequest, "{refused}");
        let said = if cut == 0 { "is empty".to_owned() } else { format!("ends at byte {cut}") };
        assert!(refused.message.contains(&said), "{cut}: {refused}");
    }
    let inside = file.find("few shot").expect("a tag");
    let refused = there.import(&file[..inside]).await.expect_err("cut");
    assert!(refused.message.contains("inside `prompts[0].tags[1]`"), "{refused}");
    let inside = file.find("\"Hi again").expect("a message");
    let refused = there.import(&file[..inside]).await.expect_err("cut");
    assert!(refused.message.contains("inside `runs[1].request.messages[0].content`"), "{refused}");
    assert!(!there.export().await.contains("prm_"));
}

#[tokio::test]
async fn a_file_of_another_kind_is_refused_as_a_whole() {
    let there = Shelf::new().await;
    let deep = format!("{{\"format\":\"etude\",\"version\":1,\"x\":{}{}}}", "[".repeat(200), "]".repeat(200));
    for (file, said) in [
        (
            "{\"format\":\"etude\",\"version\":2,\"prompts\":[]}",
            "of version 2 of the format; this server reads version 1",
        ),
        ("{\"version\":1,\"format\":\"other\"}", "no export of Etude"),
        ("{\"model\":\"m\",\"messages\":[]}", "no export of Etude"),
        ("{\"format\":\"etude\",\"version\":1,\"runs\":[],\"runs\":[]}", "`runs` twice"),
        ("{\"format\":\"etude\",\"version\":1,\"prompts\":{}}", "inside `prompts`"),
        ("[1]", "cannot be read"),
        ("no JSON", "cannot be read at byte"),
        ("{\"format\":\"etude\",\"version\":1} trailing", "trailing"),
        (deep.as_str(), "nested deeper than 100"),
    ] {
        let refused = there.import(file).await.expect_err(file);
        assert!(refused.message.contains(said), "{file:.80}: {refused}");
        assert!(refused.message.contains("Nothing was imported"), "{refused}");
    }
    assert_eq!(there.import("{\"version\":1,\"format\":\"etude\"}").await, Ok(Imported::default()));
}

/// The file with a value in place of what stands at a pointer.
fn with(file: &str, pointer: &str, value: Value) -> String {
    let mut json: Value = serde_json::from_str(file).expect("JSON");
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    match json.pointer_mut(parent).expect("it is there") {
        Value::Object(fields) => drop(fields.insert(name.into(), value)),
        Value::Array(list) => list[name.parse::<usize>().expect("a place")] = value,
        _ => panic!("{pointer} leads nowhere"),
    }
    json.to_string()
}

#[tokio::test]
async fn each_entry_that_is_wrong_is_named_and_none_is_written() {
    let file = filled().await.export().await;
    let twice =
        |pointer: &str| serde_json::from_str::<Value>(&file).expect("JSON").pointer(pointer).cloned().expect("there");
    let there = Shelf::new().await;
    for (pointer, value, path, said) in [
        ("/surprise", json!(1), "surprise", "is not known"),
        ("/prompts/0/names/0/nme", json!(1), "prompts[0].names[0].nme", "is not known; `name` is"),
        ("/prompts/0/name", json!("x".repeat(10_000)), "prompts[0].name", "has 10000 characters; at most 200"),
        ("/prompts/0/name", json!("a\u{202e}b"), "prompts[0].name", "direction"),
        ("/prompts/0/name", json!("a\0b"), "prompts[0].name", "control character"),
        ("/prompts/0/name", json!("  "), "prompts[0].name", "is empty"),
        ("/prompts/0/id", json!("run_00"), "prompts[0].id", "not an id of this kind"),
        ("/prompts/0/tags/0", json!("a,b"), "prompts[0].tags", "comma"),
        ("/prompts/0/description", json!("x".repeat(4_001)), "prompts[0].description", "4001 characters"),
        ("/prompts/0/updated_at", json!(-1), "prompts[0].updated_at", "no time"),
        ("/prompts/0/labels/production", json!(4), "prompts[0].labels.production", "there are versions 1 to 3"),
        ("/prompts/0/labels/latest", json!(1), "prompts[0].labels", "always means the newest"),
        ("/prompts/0/labels/..~1x", json!(1), "prompts[0].labels", "letters a to z"),
        ("/prompts/0/names/0/number", json!(9), "prompts[0].names[0].number", "there are versions 1 to 3"),
        ("/prompts/0/versions", json!([]), "prompts[0].versions", "has 0 entries"),
        ("/prompts/0/versions/1/version", json!(5), "prompts[0].versions[1].version", "without gaps"),
        ("/prompts/0/versions/1/parent", json!(2), "prompts[0].versions[1].parent", "no earlier version"),
        ("/prompts/0/versions/1/note", json!("a\u{7}"), "prompts[0].versions[1].note", "control character"),
        ("/prompts/0/versions/1/content/model", json!("other"), "prompts[0].versions[1].digest", "changed by hand"),
        ("/prompts/0/versions/1/digest", json!("FF"), "prompts[0].versions[1].digest", "does not fit"),
        (
            "/prompts/0/versions/1/content/messages/0/role",
            json!("usr"),
            "prompts[0].versions[1].content.messages[0].role",
            "unknown variant",
        ),
        ("/prompts/1/id", twice("/prompts/0/id"), "prompts[1].id", "twice"),
        ("/prompts/1/versions/0/id", twice("/prompts/0/versions/0/id"), "prompts[1].versions[0].id", "twice"),
        ("/runs/1/id", twice("/runs/0/id"), "runs[1].id", "twice"),
        ("/runs/0/model", json!(""), "runs[0].model", "no name of a model"),
        ("/runs/0/request", json!([1]), "runs[0].request", "no object"),
        ("/runs/0/status", json!("failed"), "runs[0].status", "the events end as `finished`"),
        ("/runs/0/output/text", json!("Bye"), "runs[0].output.text", "changed by hand"),
        ("/runs/0/events/1/seq", json!(7), "runs[0].events", "where 1 was expected"),
        ("/runs/0/events/1/data", json!({"at_ms": 1}), "runs[0].events[1]", "not of its kind"),
        ("/runs/0/events/3/event", json!("notice"), "runs[0].events[3]", "not of its kind"),
        ("/runs/0/events/0/data/run", twice("/runs/1/id"), "runs[0].events[0]", "another run"),
        ("/runs/0/events", json!([]), "runs[0].events", "is empty"),
        ("/runs/0/version", Value::Null, "runs[0].version", "beside `prompt`"),
        ("/runs/1/request_digest", json!("zz"), "runs[1].request_digest", "hex digits"),
        ("/runs/0/parent", json!("../../x"), "runs[0].parent", "not an id of this kind"),
        ("/runs/0/created_at", json!(i64::MAX), "runs[0].created_at", "no time"),
    ] {
        let refused = there.refusals(&with(&file, pointer, value)).await;
        let found = refused.iter().any(|(at, why)| at == path && why.contains(said));
        assert!(found, "{pointer}: {refused:?}");
    }
    let unknown = file.replacen("\"note\":", "\"notes\":\"\",\"note\":", 1);
    assert_eq!(
        there.refusals(&unknown).await,
        [("prompts[0].versions[0].notes".into(), "is not known; `note` is.".into())]
    );
    let missing = file.replacen("\"versions\":[", "\"versons\":[", 1);
    assert!(
        there.refusals(&missing).await.iter().any(|(path, why)| path == "prompts[0]" && why == "has no `versions`.")
    );
    assert!(!there.export().await.contains("prm_"));
}

#[tokio::test]
async fn many_mistakes_are_counted_and_some_are_named() {
    let file = filled().await.export().await;
    let mut json: Value = serde_json::from_str(&file).expect("JSON");
    let broken = json!({"id": "nonsense"});
    json["runs"] = Value::Array(vec![broken; 100]);
    let there = Shelf::new().await;
    let told = there.import_as(Principal::built_in(), &json.to_string(), true).await.expect("told");
    assert_eq!((told.refused.map(|refused| refused.len()), told.refused_more), (Some(REFUSED_MAX), 80));
    assert_eq!(told.created, 6, "what is sound is counted");
    let refused = there.import(&json.to_string()).await.expect_err("refused");
    assert!(refused.message.contains("`runs[0].id` ") && refused.message.contains("and 80 more"), "{refused}");
}

#[tokio::test]
async fn markdown_holds_what_people_want_and_nothing_breaks_out() {
    let shelf = Shelf::new().await;
    let id = shelf.prompt(1, &about("# <script>|x"), &[content("```\n# no heading\n````\n{{name}}")]).await;
    let text = shelf.export_of(Of::Prompt(id), false, true).await;
    assert!(text.contains("# \\# &lt;script\\>\\|x\n"), "{text}");
    assert!(text.contains("### User\n\n`````text\n```\n# no heading\n````\n{{name}}\n`````\n"), "{text}");
    assert!(text.contains("| Tags | eu, few shot |") && text.contains("| temperature | `0.1` |"), "{text}");
    let all = filled().await.export_of(Of::All, false, true).await;
    assert!(all.contains("## Version 2 (production)") && all.contains("## Answer\n\n```text\nHello\n```"), "{all}");
}
