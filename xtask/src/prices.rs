//! `cargo xtask prices`: the table of public prices that the engine embeds, made anew.

mod rules;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize, Serializer};

use crate::progress::{ready, step};
use crate::wheel;
use crate::workspace::Workspace;
use rules::{Clause, patterns};

// The Python package that carries the data (MIT). To take a newer one: change both, run, read the diff.
const PACKAGE: &str = "genai-prices==0.2.3";
const PACKAGE_SHA256: &str = "56976ce2b04ec206117f7d0e53f4849211a6724ab3a12119afec304eba63ee25";

const FOLDER: &str = "crates/engine/prices";
/// What the committed table may weigh: it lies in the repository and in the binary.
const BYTES_MAX: usize = 400_000;

/// The providers that people connect, in the order in which they are asked for a model whose provider is not
/// known: those that make models before those that resell them.
const PROVIDERS: &[&str] = &[
    "openai",
    "anthropic",
    "google",
    "mistral",
    "deepseek",
    "x-ai",
    "cohere",
    "moonshotai",
    "zai",
    "minimax",
    "groq",
    "cerebras",
    "together",
    "fireworks",
    "openrouter",
    "azure",
];

/// Words in the id of a model that is not for chat.
const NOT_CHAT: &[&str] =
    &["audio", "embed", "embedding", "image", "live", "moderation", "ocr", "realtime", "transcribe", "tts", "voice"];

/// Turns the package's one data file, a Python literal, into JSON without running it. Arguments: the wheel.
const DUMP: &str = r#"
import ast, json, sys, zipfile

def plain(node):
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.List):
        return [plain(item) for item in node.elts]
    if isinstance(node, ast.Dict):
        return {plain(key): plain(value) for key, value in zip(node.keys, node.values)}
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
        args = [plain(arg) for arg in node.args]
        if name == 'Decimal':
            return float(args[0])
        if name == 'date':
            return '-'.join(f'{arg:02}' for arg in args)
        if name == 'time':
            assert [ast.unparse(word.value) for word in node.keywords] == ['datetime.UTC'], 'a time that is not UTC'
            return ':'.join(f'{arg:02}' for arg in args)
        kind = {'kind': name} if name.startswith('Clause') or name.endswith('Constraint') else {}
        return kind | {word.arg: plain(word.value) for word in node.keywords}
    raise ValueError(ast.unparse(node))

wheel = zipfile.ZipFile(sys.argv[1])
[licence] = [name for name in wheel.namelist() if name.endswith('/licenses/LICENSE')]
module = ast.parse(wheel.read('genai_prices/data.py'))
[data] = [line.value for line in module.body if isinstance(line, ast.AnnAssign)]
json.dump({'licence': wheel.read(licence).decode(), 'providers': plain(data)}, sys.stdout)
"#;

/// Fetches the pinned package, checks it, and writes the table and its licence into the engine's folder.
pub fn run(workspace: &Workspace) -> Result<()> {
    let package = step("prices", &format!("fetching {PACKAGE}"), fetch)?;
    let mut dropped = Dropped::default();
    let table = table(&package.providers, &mut dropped)?;
    ensure!(table.len() <= BYTES_MAX, "the table has {} bytes; {BYTES_MAX} are allowed: keep fewer", table.len());

    let folder = workspace.root.join(FOLDER);
    fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    write(&folder.join("prices.json"), &table)?;
    write(&folder.join("LICENSE"), &licence(&package.licence))?;
    let Dropped { rules, prices } = dropped;
    ready("prices", &format!("{} bytes in {FOLDER}; left out: {rules} match rules, {prices} prices", table.len()));
    Ok(())
}

fn fetch() -> Result<Package> {
    let scratch = tempfile::tempdir().context("making a folder for the download")?;
    let wheel = wheel::fetch(PACKAGE, PACKAGE_SHA256, scratch.path())?;
    let output = Command::new("python3").args(["-c", DUMP]).arg(&wheel).output().context("starting python3")?;
    ensure!(
        output.status.success(),
        "the package's data has another form than before: mend `DUMP`\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).context("the package's data has another form than before")
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("writing {}", path.display()))
}

fn licence(text: &str) -> String {
    format!(
        "prices.json was made by `cargo xtask prices` from the data of the Python package {PACKAGE}\n\
         (sha256 {PACKAGE_SHA256}).\n\
         That data stands under this licence:\n\n{text}"
    )
}

/// The table as it is committed: a line for each model, in the package's order, which is the order of matching.
fn table(sources: &[Provider], dropped: &mut Dropped) -> Result<String> {
    let mut providers = Vec::new();
    for id in PROVIDERS {
        let source = sources.iter().find(|source| source.id == *id);
        let source = source.with_context(|| format!("{PACKAGE} has no provider `{id}` any more"))?;
        let models: Vec<_> = source.models.iter().map(|model| line(model, dropped)).collect::<Result<_>>()?;
        let fallback = match &source.fallback_model_providers {
            Some(ids) => format!("\"fallback\":{},", serde_json::to_string(ids)?),
            None => String::new(),
        };
        providers.push(format!("{{\"id\":\"{id}\",{fallback}\"models\":[\n{}\n]}}", models.join(",\n")));
    }
    Ok(format!("[\n{}\n]\n", providers.join(",\n")))
}

/// A model's line. One of which nothing is kept still gets one: its names must not fall through to another's rule.
fn line(model: &Model, dropped: &mut Dropped) -> Result<String> {
    let lower = model.id.to_lowercase();
    let mut words = lower.split(|letter: char| !letter.is_ascii_alphanumeric());
    let is_chat = !words.any(|word| NOT_CHAT.contains(&word)) && model.prices.all().into_iter().all(is_for_text);
    let is_free = model.id.ends_with(":free");
    let mut price = |amounts: &Amounts| is_chat.then(|| kept_price(amounts, is_free, dropped)).flatten();

    let (first, later) = match &model.prices {
        Prices::One(amounts) => (price(amounts), Vec::new()),
        Prices::Many(prices) => {
            let (first, later) = prices.split_first().context("a list of prices has a first one")?;
            ensure!(first.constraint.is_none(), "the first price of {} has a condition", model.id);
            let mut changes = Vec::new();
            for later in later {
                changes.push(change(later.constraint.as_ref(), price(&later.prices))?);
            }
            (price(&first.prices), changes)
        }
    };
    let has_price = first.is_some() || later.iter().any(|change| change.price.is_some());
    let patterns = patterns(&model.clause).unwrap_or_else(|| {
        dropped.rules += 1;
        Vec::new()
    });
    let line = Line {
        id: &model.id,
        names: if patterns == [lower.as_str()] { None } else { Some(patterns) },
        context_tokens: model.context_window.filter(|_| is_chat),
        price: first,
        later: if has_price { later } else { Vec::new() },
    };
    Ok(serde_json::to_string(&line)?)
}

fn change(constraint: Option<&Constraint>, price: Option<Price>) -> Result<Change> {
    Ok(match constraint.context("a later price has a condition")? {
        Constraint::StartDateConstraint { start_date } => {
            Change { since: Some(start_date.clone()), daily: None, price }
        }
        Constraint::TimeOfDateConstraint { start_time, end_time } => {
            Change { since: None, daily: Some([start_time.clone(), end_time.clone()]), price }
        }
    })
}

/// Whether the answer is paid by the token, as speech and embeddings are not; no amounts say nothing.
fn is_for_text(amounts: &Amounts) -> bool {
    amounts.is_empty() || amounts.contains_key("output_mtok")
}

/// The price in Etude's form, where the source's can be said in it: text in and text out, with one step at most.
fn kept_price(amounts: &Amounts, is_free: bool, dropped: &mut Dropped) -> Option<Price> {
    if amounts.is_empty() && is_free {
        return Some(Price { input: Dollars(0.0), output: Dollars(0.0), cached_input: None, long: None });
    }
    let (input, output) = (amounts.get("input_mtok")?, amounts.get("output_mtok")?);
    let cached = amounts.get("cache_read_mtok");
    let beyond_text = |key: &String| key.starts_with("output_") && key != "output_mtok" || key == "requests_kcount";
    let mut steps: Vec<u64> =
        [Some(input), Some(output), cached].into_iter().flatten().flat_map(Amount::steps).collect();
    steps.sort_unstable();
    steps.dedup();
    if amounts.keys().any(beyond_text) || steps.len() > 1 {
        dropped.prices += 1;
        return None;
    }
    let long = steps.first().map(|over_tokens| LongPrice {
        over_tokens: *over_tokens,
        input: Dollars(input.last()),
        output: Dollars(output.last()),
        cached_input: cached.map(|cached| Dollars(cached.last())),
    });
    let cached_input = cached.map(|cached| Dollars(cached.base()));
    Some(Price { input: Dollars(input.base()), output: Dollars(output.base()), cached_input, long })
}

/// What could not be said in Etude's form.
#[derive(Default)]
struct Dropped {
    rules: usize,
    prices: usize,
}

#[derive(Deserialize)]
struct Package {
    licence: String,
    providers: Vec<Provider>,
}

#[derive(Deserialize)]
struct Provider {
    id: String,
    fallback_model_providers: Option<Vec<String>>,
    models: Vec<Model>,
}

#[derive(Deserialize)]
struct Model {
    id: String,
    #[serde(rename = "match")]
    clause: Clause,
    context_window: Option<u32>,
    prices: Prices,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Prices {
    Many(Vec<Conditional>),
    One(Amounts),
}

#[derive(Deserialize)]
struct Conditional {
    constraint: Option<Constraint>,
    prices: Amounts,
}

#[derive(Deserialize)]
#[serde(tag = "kind")]
enum Constraint {
    StartDateConstraint { start_date: String },
    TimeOfDateConstraint { start_time: String, end_time: String },
}

impl Prices {
    fn all(&self) -> Vec<&Amounts> {
        match self {
            Self::One(amounts) => vec![amounts],
            Self::Many(prices) => prices.iter().map(|price| &price.prices).collect(),
        }
    }
}

/// By unit, such as `input_mtok`: dollars per million tokens of the prompt.
type Amounts = BTreeMap<String, Amount>;

#[derive(Deserialize)]
#[serde(untagged)]
enum Amount {
    Flat(f64),
    Tiered { base: f64, tiers: Vec<Tier> },
}

#[derive(Deserialize)]
struct Tier {
    start: u64,
    price: f64,
}

impl Amount {
    fn base(&self) -> f64 {
        match self {
            Self::Flat(base) | Self::Tiered { base, .. } => *base,
        }
    }

    fn steps(&self) -> Vec<u64> {
        match self {
            Self::Flat(_) => Vec::new(),
            Self::Tiered { tiers, .. } => tiers.iter().map(|tier| tier.start).collect(),
        }
    }

    fn last(&self) -> f64 {
        match self {
            Self::Flat(base) => *base,
            Self::Tiered { base, tiers } => tiers.last().map_or(*base, |tier| tier.price),
        }
    }
}

/// A model as it is committed; `crates/engine/src/prices.rs` reads it.
#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    #[serde(rename = "match", skip_serializing_if = "Option::is_none")]
    names: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    context_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<Price>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    later: Vec<Change>,
}

#[derive(Serialize)]
struct Change {
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    daily: Option<[String; 2]>,
    price: Option<Price>,
}

#[derive(Serialize)]
struct Price {
    input: Dollars,
    output: Dollars,
    #[serde(skip_serializing_if = "Option::is_none")]
    cached_input: Option<Dollars>,
    #[serde(skip_serializing_if = "Option::is_none")]
    long: Option<LongPrice>,
}

#[derive(Serialize)]
struct LongPrice {
    over_tokens: u64,
    input: Dollars,
    output: Dollars,
    #[serde(skip_serializing_if = "Option::is_none")]
    cached_input: Option<Dollars>,
}

/// Written as `8`, not `8.0`.
struct Dollars(f64);

impl Serialize for Dollars {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.fract() == 0.0 { serializer.serialize_u64(self.0 as u64) } else { serializer.serialize_f64(self.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_only_prices_that_it_can_say() {
        let kept = |amounts: serde_json::Value| {
            let amounts: Amounts = serde_json::from_value(amounts).unwrap();
            let price = kept_price(&amounts, false, &mut Dropped::default());
            price.map(|price| serde_json::to_string(&price).unwrap())
        };
        let step = |start: u64| serde_json::json!({ "base": 1.0, "tiers": [{ "start": start, "price": 2.5 }] });
        assert_eq!(
            kept(serde_json::json!({ "input_mtok": step(9), "output_mtok": 8.0 })).unwrap(),
            r#"{"input":1,"output":8,"long":{"over_tokens":9,"input":2.5,"output":8}}"#
        );
        assert_eq!(kept(serde_json::json!({ "input_mtok": step(9), "output_mtok": step(10) })), None);
        assert_eq!(kept(serde_json::json!({ "input_mtok": 1.0 })), None);
    }
}
