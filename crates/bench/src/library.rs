//! A shelf of many prompts: how fast one is found as it is typed, a prompt with a long history opened, two long versions
//! compared.

use std::fmt::Write;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use domain::{ChatMessage, PromptContent, Role, diff};
use serde_json::{Value, json};

use crate::Setting;
use crate::http::Connection;
use crate::process;
use crate::report::{Report, Target};
use crate::stats::{Rounds, percentile, sorted};

/// Prompts on the shelf.
const PROMPTS: usize = 100_000;
/// Versions of the one that has many.
const VERSIONS: usize = 1_000;
/// Searches that are timed.
const SEARCHES: usize = 2_000;
/// Kilobytes in a megabyte, as memory is counted.
const KB: f64 = 1_024.0;
/// The words that names and texts are made of. Common ones and rare ones, as in any language: the nth word stands n times
/// less often than the first (Zipf's law), and each is followed by a syllable of its own, so that there are many.
const STEMS: [&str; 24] = [
    "review",
    "contract",
    "translate",
    "summary",
    "customer",
    "clause",
    "report",
    "invoice",
    "delivery",
    "question",
    "lesson",
    "policy",
    "ticket",
    "answer",
    "weekly",
    "market",
    "travel",
    "medical",
    "grammar",
    "python",
    "garden",
    "history",
    "music",
    "kitchen",
];
/// Distinct words.
const WORDS: usize = 60_000;

/// Runs the benchmark.
pub async fn measure(setting: &Setting) -> Result<Report> {
    let (prompts, versions) = (setting.either(PROMPTS, 2_000), setting.either(VERSIONS, 50));
    let mut report = Report::new("library", "many prompts, long histories, large versions", "its own targets");
    report.method(format!(
        "{prompts} prompts of about 60 words out of {WORDS}, and one with {versions} versions, come in by \
         `POST /v1/import`. Then `GET /v1/presets?query=` with two words typed letter by letter, one in three with a \
         mistake, over one connection: from the request to the last byte of a page of 50."
    ));
    let folder = setting.folder()?;
    let etude = process::etude(setting, folder.path(), "").await?;
    let before_kb = etude.rss_kb()?;
    let file = shelf(prompts, versions);
    let began = Instant::now();
    let mut connection = Connection::open(&etude.url).await?;
    let status = connection.ask("POST", "/v1/import", "application/json", &file).await?;
    let answer = connection.text().await?;
    ensure!(status == 200, "the import was answered with {status}: {answer}");
    report.figure("import of all of it", "s", Rounds::once(began.elapsed().as_secs_f64()), None);
    report.figure("size of that file", "MB", Rounds::once(file.len() as f64 / 1e6), None);
    drop(file);
    report.figure("memory that the shelf takes", "MB", Rounds::once((etude.rss_kb()? - before_kb) / KB), None);
    searches(setting, &etude.url, &mut report).await?;
    history(&etude.url, versions, &mut report).await?;
    compared(setting, &mut report);
    Ok(report)
}

async fn searches(setting: &Setting, url: &str, report: &mut Report) -> Result<()> {
    let (mut p50, mut p99) = (Vec::new(), Vec::new());
    for round in 0..setting.either(5, 1) {
        let mut dice = Dice(round as u64 + 1);
        let mut connection = Connection::open(url).await?;
        let mut times = Vec::new();
        while times.len() < setting.either(SEARCHES, 40) {
            for typed in typed(&mut dice) {
                let began = Instant::now();
                let path = format!("/v1/presets?limit=50&query={}", typed.replace(' ', "+"));
                let status = connection.ask("GET", &path, "application/json", "").await?;
                let body = connection.text().await?;
                ensure!(status == 200, "{path} was answered with {status}: {body}");
                times.push(began.elapsed().as_secs_f64() * 1e3);
            }
        }
        let times = sorted(times);
        p50.push(percentile(&times, 0.5));
        p99.push(percentile(&times, 0.99));
    }
    report.figure("search as it is typed, p50", "ms", Rounds::of(p50), None);
    report.figure("search as it is typed, p99", "ms", Rounds::of(p99), Some(Target::AtMost(20.0)));
    Ok(())
}

async fn history(url: &str, versions: usize, report: &mut Report) -> Result<()> {
    let id = prompt_id(0);
    let mut connection = Connection::open(url).await?;
    let (mut opened, mut listed) = (Vec::new(), Vec::new());
    for _ in 0..20 {
        for (path, times) in
            [(format!("/v1/presets/{id}"), &mut opened), (format!("/v1/presets/{id}/versions"), &mut listed)]
        {
            let began = Instant::now();
            let status = connection.ask("GET", &path, "application/json", "").await?;
            let body = connection.text().await?;
            ensure!(status == 200, "{path} was answered with {status}: {body}");
            times.push(began.elapsed().as_secs_f64() * 1e3);
        }
    }
    let name = |what: &str| format!("{what} with {versions} versions");
    report.figure(name("opening a prompt"), "ms", Rounds::of(opened), Some(Target::AtMost(100.0)));
    report.figure(name("listing a prompt's history"), "ms", Rounds::of(listed), Some(Target::AtMost(100.0)));
    Ok(())
}

/// Compares two texts of 10 MB, in this process, by the function that the server calls.
fn compared(setting: &Setting, report: &mut Report) {
    let mut dice = Dice(7);
    let lines = setting.either(22_000, 500);
    let old: Vec<String> = (0..lines).map(|_| sentence(&mut dice, 60)).collect();
    let new: Vec<String> =
        old.iter().map(|line| if dice.below(3) == 0 { sentence(&mut dice, 60) } else { line.clone() }).collect();
    let (old, new) = (old.join("\n"), new.join("\n"));
    let mut times = Vec::new();
    for _ in 0..setting.either(5, 1) {
        let began = Instant::now();
        let found = diff::compare(&old, &new, Some(began + Duration::from_secs(1)));
        std::hint::black_box(found);
        times.push(began.elapsed().as_secs_f64() * 1e3);
    }
    let note = format!("{:.1} MB, {lines} lines, about a third of them changed", old.len() as f64 / 1e6);
    report.noted("comparing two versions", "ms", Rounds::of(times), Some(Target::AtMost(1_000.0)), &note);
}

/// Random enough, and the same each time.
struct Dice(u64);

impl Dice {
    /// xorshift64 (Marsaglia, "Xorshift RNGs", 2003).
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() >> 11) as usize % bound
    }

    /// A word: the common ones come often.
    fn word(&mut self) -> String {
        let share = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        let rank = ((WORDS as f64).powf(share) - 1.0) as usize;
        let (stem, mut rest) = (STEMS[rank % STEMS.len()], rank / STEMS.len());
        let mut word = stem.to_owned();
        while rest > 0 {
            word.push(char::from(b'a' + (rest % 26) as u8));
            rest /= 26;
        }
        word
    }
}

fn sentence(dice: &mut Dice, words: usize) -> String {
    (0..words).map(|_| dice.word()).collect::<Vec<_>>().join(" ")
}

/// Two words as they are typed, letter by letter; one in three with two letters swapped.
fn typed(dice: &mut Dice) -> Vec<String> {
    let mut letters: Vec<char> = format!("{} {}", dice.word(), dice.word()).chars().collect();
    if dice.below(3) == 0 && letters.len() > 4 {
        letters.swap(2, 3);
    }
    (1..=letters.len()).map(|length| letters[..length].iter().collect::<String>().trim_end().to_owned()).collect()
}

fn prompt_id(n: usize) -> String {
    format!("prm_0190000000007000800000000{n:07x}")
}

/// Everything as one file of Etude's export.
fn shelf(prompts: usize, versions: usize) -> String {
    let mut dice = Dice(42);
    let mut out = String::from(r#"{"format":"etude","version":1,"prompts":["#);
    for n in 0..prompts {
        if n > 0 {
            out.push(',');
        }
        let count = if n == 0 { versions } else { 1 };
        let name = sentence(&mut dice, 3);
        let versions: Vec<Value> = (1..=count).map(|number| version(&mut dice, n, number)).collect();
        let prompt = json!({
            "id": prompt_id(n), "name": name, "description": "", "tags": [dice.word()], "favourite": false, "labels": {},
            "created_at": n, "updated_at": n, "versions": versions,
        });
        write!(out, "{prompt}").expect("a string takes everything");
    }
    out.push_str(r#"],"runs":[],"comparisons":[]}"#);
    out
}

fn version(dice: &mut Dice, prompt: usize, number: usize) -> Value {
    let content = PromptContent {
        model: "smollm2-135m-instruct".into(),
        messages: vec![ChatMessage::text(Role::User, sentence(dice, 60))],
        ..PromptContent::default()
    };
    let canonical = content.canonical();
    let parent = (number > 1).then(|| number - 1);
    json!({
        "id": format!("ver_01900000000070008{number:04x}0000{prompt:07x}"), "version": number,
        "digest": engine::library::digest(&canonical), "parent": parent, "note": "", "author": "You",
        "created_at": number, "content": serde_json::from_str::<Value>(&canonical).context("its own JSON").unwrap_or_default(),
    })
}
