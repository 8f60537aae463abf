//! What the person at the terminal reads while waiting.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// Runs one step: says what it does and why it may take long, then how long it took.
pub fn step<T>(name: &str, what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("==> {name}: {what}");
    let started = Instant::now();
    let value = work()?;
    println!("    {name}: {}", took(started.elapsed()));
    Ok(value)
}

/// Says in one line that a step had nothing, or nearly nothing, to do.
pub fn ready(name: &str, what: &str) {
    println!("==> {name}: {what}");
}

/// Runs a command with its output shown; an exit code other than 0 is an error.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("starting {}: is it installed?", shown(command)))?;
    if !status.success() {
        bail!("{} failed ({status}); its own message stands above", shown(command));
    }
    Ok(())
}

/// The command as one would type it.
pub fn shown(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str());
    let words = std::iter::once(name).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    format!("`{}`", words.join(" "))
}

/// A duration for people.
pub fn took(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 90.0 {
        format!("{seconds:.1} s")
    } else {
        format!("{} min {:02} s", time.as_secs() / 60, time.as_secs() % 60)
    }
}
