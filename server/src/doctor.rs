//! `etude doctor`: prints what is in force, tests each part, and names the fix for what is wrong.
#![expect(clippy::print_stdout, reason = "the report is this command's output")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::bail;
use engine::config::{self, Config};
use engine::doctor::{Finding, Health, examine_model, examine_providers, examine_storage};

use crate::assets::Assets;
use crate::serve;

/// Width of the column of names.
const NAME_COLUMNS: usize = 18;

/// Prints the report.
///
/// # Errors
/// When something does not work.
pub async fn run() -> anyhow::Result<()> {
    println!("etude {}\n\nIn force", env!("CARGO_PKG_VERSION"));
    let mut findings = vec![cpu()];
    let environment = config::environment(std::env::vars_os());
    let loaded = environment.and_then(|environment| Ok((Config::load(&environment)?, environment)));
    match loaded {
        Ok((config, environment)) => {
            in_force(&config, &environment);
            findings.push(Finding::good("configuration", "every key is known"));
            examine(&config, &mut findings).await;
        }
        Err(error) => {
            line("configuration", "cannot be read", "");
            findings.push(Finding::bad("configuration", error.to_string(), "Correct it; README.md lists every key."));
        }
    }
    println!("\nTests");
    for finding in &findings {
        let word = match finding.health {
            Health::Good => "ok",
            Health::Warning => "warn",
            Health::Bad => "FAIL",
        };
        println!("  {word:<5} {:<NAME_COLUMNS$} {}", finding.part, finding.seen);
        if let Some(fix) = &finding.fix {
            println!("        {:<NAME_COLUMNS$} → {fix}", "");
        }
    }
    let bad = findings.iter().filter(|finding| finding.health == Health::Bad).count();
    if bad > 0 {
        println!();
        bail!("{bad} of {} parts do not work, see above", findings.len());
    }
    println!("\nAll parts work.");
    Ok(())
}

async fn examine(config: &Config, findings: &mut Vec<Finding>) {
    let storage = examine_storage(config).await;
    // Another etude holds the data directory: it has the address, too.
    let is_serving = storage.first().is_some_and(|finding| finding.health == Health::Warning);
    findings.extend(storage);
    findings.push(address(config, is_serving).await);
    findings.push(match Assets::load() {
        Ok(_) => Finding::good("page", "its files are there"),
        Err(error) => Finding::bad("page", format!("{error:#}"), "Build it: cargo xtask site."),
    });
    match serve::worker(config) {
        Ok(worker) => findings.push(examine_model(worker).await),
        Err(error) => {
            let fix = "Make room in the data directory, or set ETUDE_MODEL_PATH.";
            findings.push(Finding::bad("embedded model", format!("{error:#}"), fix));
        }
    }
    findings.extend(examine_providers(config).await);
}

fn cpu() -> Finding {
    match inference::cpu_supported() {
        Ok(()) => Finding::good("cpu", "it has the instructions that the embedded model needs"),
        Err(missing) => Finding::bad("cpu", missing.to_string(), "Run on an x86-64 CPU of 2013 or later."),
    }
}

async fn address(config: &Config, is_serving: bool) -> Finding {
    const PART: &str = "address";
    match serve::listen(&config.server.addr).await {
        Ok(_) => Finding::good(PART, format!("{} is free", config.server.addr)),
        Err(error) if is_serving => {
            let fix = "Nothing, if that is the etude that is serving; stop it to test the address.";
            Finding::warning(PART, format!("{error:#}"), fix)
        }
        Err(error) => Finding::bad(PART, format!("{error:#}"), "Choose a free address on loopback with ETUDE_ADDR."),
    }
}

/// What is in force, and who said so.
fn in_force(config: &Config, environment: &BTreeMap<String, String>) {
    let named = environment.get("ETUDE_CONFIG").filter(|file| !file.is_empty()).map(PathBuf::from);
    let file = named.clone().unwrap_or_else(|| "etude.toml".into());
    let text = std::fs::read_to_string(&file).ok();
    let shown = if text.is_some() { file.display().to_string() } else { "none".into() };
    line("configuration", &shown, if named.is_some() { "ETUDE_CONFIG" } else { "the usual place" });
    let table: toml::Table = text.as_deref().and_then(|text| text.parse().ok()).unwrap_or_default();
    let server = table.get("server").and_then(|server| server.as_table());
    let from = |key: &str, variable: &'static str| {
        if environment.get(variable).is_some_and(|value| !value.is_empty()) {
            variable
        } else if server.is_some_and(|server| server.contains_key(key)) {
            "etude.toml"
        } else {
            "default"
        }
    };
    line("addr", &config.server.addr, from("addr", "ETUDE_ADDR"));
    let data_dir = std::path::absolute(&config.server.data_dir).unwrap_or_else(|_| config.server.data_dir.clone());
    line("data_dir", &data_dir.display().to_string(), from("data_dir", "ETUDE_DATA_DIR"));
    line("drain_s", &config.server.drain_s.to_string(), from("drain_s", ""));
    let kept = config.server.keep_runs_days.map_or("for ever".to_owned(), |days| days.to_string());
    line("keep_runs_days", &kept, from("keep_runs_days", ""));
    line(
        "concurrent runs",
        &config.concurrent_runs().to_string(),
        if config.tier.is_empty() { "default" } else { "tier default" },
    );
    let model = config.embedded.model_path.as_ref().map_or("the one inside".into(), |path| path.display().to_string());
    line("embedded model", &model, if config.embedded.model_path.is_some() { "ETUDE_MODEL_PATH" } else { "default" });
    for provider in &config.provider {
        let key = match (&provider.api_key, &provider.api_key_env) {
            (Some(_), Some(variable)) => format!("key from {variable}"),
            (Some(_), None) => "key from etude.toml".into(),
            (None, Some(variable)) => format!("no key: {variable} is not set"),
            (None, None) => "no key".into(),
        };
        line(&format!("provider {}", provider.name), &key, provider.origin.as_str());
    }
    for model in &config.model {
        line(&format!("model {}", model.name), &format!("of {}", model.provider), "etude.toml");
    }
}

fn line(name: &str, value: &str, from: &str) {
    let from = if from.is_empty() { String::new() } else { format!("  ({from})") };
    println!("  {name:<24} {value}{from}");
}
