//! Files of any content, and of any size.

use std::sync::LazyLock;

use domain::prompt::About;
use domain::{ImportId, PromptContent};
use proptest::prelude::*;
use tokio::runtime::{Handle, Runtime};

use super::{Shelf, content, run};
use crate::carry::spool::Spool;
use crate::carry::{How, import};
use crate::clock::Clock;
use crate::principal::Principal;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

/// JSON whose text differs from what a parser would write: kept to the byte.
fn json_text() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("1.0e1".to_owned()),
        Just("0.1".to_owned()),
        Just("-0".to_owned()),
        Just("123456789012345678901234567890".to_owned()),
        any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(|number| number.to_string()),
        "[^\0]{0,12}".prop_map(|text| serde_json::to_string(&text).expect("json")),
        Just("\"\\u00e4\\/\"".to_owned()),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|list| format!("[{}]", list.join(" ,\t"))),
            prop::collection::vec(("[a-z]{1,4}", inner), 0..4).prop_map(|fields| {
                let fields = fields.iter().enumerate().map(|(at, (name, value))| format!("\"{name}{at}\" : {value}"));
                format!("{{ {} }}", fields.collect::<Vec<_>>().join(","))
            }),
        ]
    })
}

fn any_content() -> impl Strategy<Value = PromptContent> {
    let picture = prop::collection::vec(any::<u8>(), 900..1_500);
    ("\\PC{0,40}|.{0,400}", json_text(), json_text(), any::<Option<f64>>(), picture, "[a-z]{1,8}", "\\PC{1,30}").prop_map(
        |(text, options, schema, temperature, picture, name, value)| {
            use base64::Engine as _;
            let picture = base64::prelude::BASE64_STANDARD.encode(picture);
            let temperature = temperature.filter(|number| number.is_finite());
            let string = |text: &str| serde_json::to_string(&text.replace('\0', "")).expect("json");
            let json = format!(
                r#"{{"model":"m","messages":[{{"role":"system","content":{0}}},{{"role":"user","content":[{{"type":"text","text":{0}}},{{"type":"image","media_type":"image/png","data":"{picture}"}}]}}],"params":{{"temperature":{1}}},"inputs":{{"{name}":{2}}},"tools":[{{"name":"{name}","description":{2},"parameters":{schema}}}],"provider_options":{options}}}"#,
                string(&text),
                serde_json::to_string(&temperature).expect("json"),
                string(&value),
            );
            serde_json::from_str(&json).expect("content")
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a4_e2_any_document_comes_back_to_the_byte(
        contents in prop::collection::vec(any_content(), 1..4),
        name in "\\PC{1,60}",
        tags in prop::collection::vec("[^,\\p{C}]{1,20}", 0..4),
        note in "\\PC{0,40}",
        answer in prop::collection::vec(".{0,30}", 0..6),
    ) {
        let (name, tags) = (domain::prompt::checked_name(&name), domain::prompt::checked_tags(&tags));
        prop_assume!(name.is_ok() && tags.is_ok());
        let about = About { name: name.ok(), tags: tags.ok(), note, ..About::default() };
        prop_assume!(about.clone().checked().is_ok());
        RUNTIME.block_on(async {
            let (here, there) = (Shelf::new().await, Shelf::new().await);
            let prompt = here.prompt(1, &about, &contents).await;
            let mut asked = contents[0].clone().run();
            asked.prompt = Some(prompt);
            asked.version = Some(1);
            let asked = serde_json::to_string(&asked).expect("json");
            here.store.keep_runs(&[run(2, &asked, &answer, Some((prompt, 1)))]).await.expect("kept");
            let file = here.export().await;
            let told = there.import(&file).await.expect("imports");
            assert_eq!(told.unchanged, 0);
            assert_eq!(there.export().await, file);
            assert_eq!(there.import(&file).await.expect("imports").created, 0);
            let kept = there.store.version(Principal::built_in().workspace, prompt, 1).await.expect("answers").expect("there");
            assert_eq!(kept.content, contents[0].canonical());
        });
    }
}

#[test]
fn a_large_file_is_imported_piece_by_piece() {
    RUNTIME.block_on(large(20_000_000));
}

#[test]
#[ignore = "writes half a gigabyte: `cargo test -p engine --lib -- --ignored 200_mb` after a change of the reader"]
fn a_file_of_200_mb_is_imported_in_little_memory() {
    RUNTIME.block_on(async {
        let began = tokio::time::Instant::now();
        let prompts = large(200_000_000).await;
        let (peak, took) = (peak_mb(), began.elapsed());
        println!("{prompts} prompts: {took:?}, {peak} MB at most");
        assert!(peak < 300, "{peak} MB");
    });
}

/// Imports a file of so many bytes, made as it is taken in: prompts with one long version each. Says how many.
async fn large(bytes_min: usize) -> u32 {
    let shelf = Shelf::new().await;
    let mut spool = Spool::open(&shelf.folder.path().join("tmp"), &Clock::system()).expect("opens");
    let (mut bytes, mut n) = (0_usize, 0_u32);
    spool.write(b"{\"format\":\"etude\",\"version\":1,\"prompts\":[").await.expect("taken");
    while bytes < bytes_min {
        let canonical = content(&format!("{n} {}", "Lorem ipsum dolor sit amet. ".repeat(4_000))).canonical();
        let digest = blake3::hash(canonical.as_bytes()).to_hex();
        let comma = if n == 0 { "" } else { "," };
        let version = format!(
            r#"{{"id":"ver_{n:032x}","version":1,"digest":"{digest}","parent":null,"created_at":1,"content":{canonical}}}"#
        );
        let entry = format!(
            r#"{comma}{{"id":"prm_{n:032x}","name":"p{n}","created_at":1,"updated_at":1,"versions":[{version}]}}"#
        );
        spool.write(entry.as_bytes()).await.expect("taken");
        bytes += entry.len();
        n += 1;
    }
    spool.write(b"]}").await.expect("taken");
    let file = spool.finish().await.expect("whole");
    let (store, handle) = (shelf.store.clone(), Handle::current());
    let work = tokio::task::spawn_blocking(move || {
        let id = (ImportId::from_bytes([1; 16]), 1);
        import::import(&store, &Principal::built_in(), &|_| false, &file, How::default(), id, &handle)
            .map(|(told, _)| told)
    });
    assert_eq!(work.await.expect("ends").expect("imports").created, u64::from(2 * n));
    n
}

/// The most memory that this process has held, in megabytes.
fn peak_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("reads");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("a line");
    line.split_whitespace().nth(1).and_then(|kilobytes| kilobytes.parse::<u64>().ok()).expect("a number") / 1_024
}
