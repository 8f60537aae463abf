//! Searches: as they are typed, while others search and while prompts change.

use std::fmt::Write;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tokio::task::JoinSet;
use tokio::time::{interval, sleep};

use super::shelf::{Dice, LONG_EVERY, RARE, TEXT_WORDS, prompt_id, sentence};
use crate::Setting;
use crate::http::Connection;
use crate::report::{Report, Target};
use crate::stats::{Rounds, percentile, sorted};

/// Searches of each way of typing in a round.
const SEARCHES: usize = 300;
/// Longest that one may take at the 99th percentile, in milliseconds.
const MOST_MS: f64 = 20.0;
/// People who type at the same time.
const PEOPLE: usize = 8;
/// Between two of one's keys.
const KEYS: Duration = Duration::from_millis(150);
/// Between two edits.
const EDITS: Duration = Duration::from_millis(20);

/// A way of typing.
struct Way {
    name: &'static str,
    typed: fn(&mut Dice, &[String]) -> Vec<String>,
}

const WAYS: [Way; 5] = [
    Way { name: "one to three letters", typed: |dice, _| letters(&dice.word(), 1, 3) },
    Way {
        name: "two words, letter by letter",
        typed: |dice, _| letters(&format!("{} {}", dice.word(), dice.word()), 4, usize::MAX),
    },
    Way {
        name: "two words with a mistake in each",
        typed: |dice, _| vec![format!("{} {}", mistaken(dice), mistaken(dice))],
    },
    Way {
        name: "words of a name in the other order",
        typed: |dice, names| {
            let mut words: Vec<&str> = names[dice.below(names.len())].split(' ').collect();
            words.reverse();
            vec![words[..2].join(" ")]
        },
    },
    Way { name: "with accents", typed: |dice, _| vec![dice.word().replace('e', "é").replace('o', "ö")] },
];

/// Searches in all ways.
pub async fn measure(setting: &Setting, url: &str, names: &[String], report: &mut Report) -> Result<()> {
    let mut each: Vec<Vec<f64>> = vec![Vec::new(); WAYS.len()];
    let (mut p50, mut p99) = (Vec::new(), Vec::new());
    for round in 0..setting.either(5, 1) {
        let mut dice = Dice(round as u64 + 1);
        let mut all = Vec::new();
        for (way, p99) in WAYS.iter().zip(&mut each) {
            let mut queries = Vec::new();
            while queries.len() < setting.either(SEARCHES, 40) {
                queries.extend((way.typed)(&mut dice, names));
            }
            let times = sorted(timed(url, &queries).await?);
            p99.push(percentile(&times, 0.99));
            all.extend(times);
        }
        let all = sorted(all);
        p50.push(percentile(&all, 0.5));
        p99.push(percentile(&all, 0.99));
    }
    report.figure("search, p50", "ms", Rounds::of(p50), None);
    report.figure("search, p99", "ms", Rounds::of(p99), Some(Target::AtMost(MOST_MS)));
    for (way, p99) in WAYS.iter().zip(each) {
        report.figure(format!("search, {}, p99", way.name), "ms", Rounds::of(p99), None);
    }
    let long = sorted(timed(url, &vec![RARE.to_owned(); setting.either(100, 20)]).await?);
    let name = format!("search, a word at the end of 64 KB, in one prompt of {LONG_EVERY}, p99");
    report.figure(name, "ms", Rounds::once(percentile(&long, 0.99)), None);
    together(setting, url, report).await?;
    edited(setting, url, report).await
}

/// Searches over one connection; in milliseconds.
async fn timed(url: &str, queries: &[String]) -> Result<Vec<f64>> {
    let mut connection = Connection::open(url).await?;
    let mut times = Vec::with_capacity(queries.len());
    for query in queries {
        let began = Instant::now();
        search(&mut connection, query).await?;
        times.push(began.elapsed().as_secs_f64() * 1e3);
    }
    Ok(times)
}

async fn search(connection: &mut Connection, query: &str) -> Result<String> {
    let mut path = "/v1/presets?limit=50&query=".to_owned();
    for byte in query.bytes() {
        write!(path, "%{byte:02x}").context("a string takes everything")?;
    }
    let status = connection.ask("GET", &path, "application/json", "").await?;
    let body = connection.text().await?;
    ensure!(status == 200, "{path} was answered with {status}: {body}");
    Ok(body)
}

/// Several people type.
async fn together(setting: &Setting, url: &str, report: &mut Report) -> Result<()> {
    let mut typing = JoinSet::new();
    for person in 0..PEOPLE {
        let (url, keys) = (url.to_owned(), setting.either(150, 10));
        typing.spawn(async move {
            let mut dice = Dice(person as u64 + 100);
            let mut connection = Connection::open(&url).await?;
            let (mut times, mut queries) = (Vec::new(), Vec::new());
            let pause = KEYS.mul_f64(person as f64 / PEOPLE as f64);
            sleep(pause).await;
            let mut key = interval(KEYS);
            while times.len() < keys {
                if queries.is_empty() {
                    queries = letters(&format!("{} {}", dice.word(), dice.word()), 1, usize::MAX);
                    queries.reverse();
                }
                let Some(query) = queries.pop() else { continue };
                key.tick().await;
                let began = Instant::now();
                search(&mut connection, &query).await?;
                times.push(began.elapsed().as_secs_f64() * 1e3);
            }
            anyhow::Ok(times)
        });
    }
    let mut times = Vec::new();
    while let Some(typed) = typing.join_next().await {
        times.extend(typed??);
    }
    let p99 = percentile(&sorted(times), 0.99);
    let name = format!("search, {PEOPLE} people typing, p99");
    report.figure(name, "ms", Rounds::once(p99), Some(Target::AtMost(MOST_MS)));
    Ok(())
}

/// Someone saves again and again while another one searches; what was saved is found at once.
async fn edited(setting: &Setting, url: &str, report: &mut Report) -> Result<()> {
    let owned = url.to_owned();
    let count = setting.either(300, 20);
    let editing = tokio::spawn(async move {
        let (mut dice, mut times) = (Dice(200), Vec::new());
        let (mut saving, mut looking) = (Connection::open(&owned).await?, Connection::open(&owned).await?);
        for n in 0..count {
            let (id, word) = (prompt_id(dice.below(1_000) + 1), format!("quux{n}z"));
            let text = format!("{} {word}", sentence(&mut dice, TEXT_WORDS));
            let body =
                format!(r#"{{"model":"smollm2-135m-instruct","messages":[{{"role":"user","content":"{text}"}}]}}"#);
            let began = Instant::now();
            let status = saving.ask("PUT", &format!("/v1/presets/{id}"), "application/json", &body).await?;
            let answer = saving.text().await?;
            ensure!(status == 200, "a save was answered with {status}: {answer}");
            times.push(began.elapsed().as_secs_f64() * 1e3);
            let found = search(&mut looking, &word).await?;
            ensure!(found.contains(&id), "what was saved is not found: {found}");
            sleep(EDITS).await;
        }
        anyhow::Ok(times)
    });
    let (mut dice, mut times) = (Dice(201), Vec::new());
    while !editing.is_finished() {
        let queries = letters(&format!("{} {}", dice.word(), dice.word()), 1, usize::MAX);
        times.extend(timed(url, &queries).await?);
    }
    let edits = sorted(editing.await??);
    let name = "search, while prompts are saved, p99";
    report.figure(name, "ms", Rounds::once(percentile(&sorted(times), 0.99)), Some(Target::AtMost(MOST_MS)));
    report.figure("saving a version while others search, p99", "ms", Rounds::once(percentile(&edits, 0.99)), None);
    Ok(())
}

/// The beginnings of a text, from so many letters to so many.
fn letters(text: &str, from: usize, to: usize) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    let lengths = from.min(letters.len())..=to.min(letters.len());
    lengths.map(|length| letters[..length].iter().collect::<String>().trim_end().to_owned()).collect()
}

/// A word with two letters swapped, one too many, one too few or another one.
fn mistaken(dice: &mut Dice) -> String {
    let mut letters: Vec<char> = dice.word().chars().collect();
    let at = 1 + dice.below(letters.len() - 2);
    match dice.below(4) {
        0 => letters.swap(at, at + 1),
        1 => letters.insert(at, 'x'),
        2 => _ = letters.remove(at),
        _ => letters[at] = 'x',
    }
    letters.into_iter().collect()
}
