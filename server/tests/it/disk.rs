//! A disk that is full, and one that is slow: nothing that was delivered is lost, and nothing is delivered that is not
//! written. Both are real: a small tmpfs in a mount namespace of the server's own, and system calls that are delayed.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::harness::{Etude, Mock, PATIENCE, ask, furnished, serve, text, words};

/// Room on the small disk, in MiB: enough for all that the test starts, once the ballast is gone.
const ROOM_MIB: usize = 384;
/// What fills it up, in MiB: one segment of the run log fits beside it, the database, and a little.
const BALLAST_MIB: usize = 264;
/// A prompt that fills a segment soon, in bytes.
const LARGE_BYTES: usize = 8 * 1024 * 1024;

const STEADY: &str = "mock-ttft1-rate40-n400";
const QUICK: &str = "mock-ttft1-rate0-n3";

fn config(mock: &Mock) -> String {
    let models = [STEADY, QUICK].map(|name| format!("[[model]]\nname = \"{name}\"\nprovider = \"lab\"\n")).concat();
    format!("[[provider]]\nname = \"lab\"\nkind = \"openai\"\nbase_url = \"{}/v1\"\n{models}", mock.url)
}

/// Runs a command with a tmpfs of its own over the data directory. Whoever is not root becomes so in a namespace.
fn with_small_disk(command: &Command, data: &std::path::Path) -> Command {
    let mut wrapped = Command::new("unshare");
    wrapped.args(["--user", "--map-root-user", "--mount", "sh", "-c"]);
    wrapped.arg("mount -t tmpfs -o size=$1m tmpfs \"$2\" && dd if=/dev/zero of=\"$2/ballast\" bs=1M count=$3 status=none && shift 3 && exec \"$@\"");
    wrapped.args(["sh", &ROOM_MIB.to_string()]).arg(data).arg(BALLAST_MIB.to_string());
    wrapped.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => wrapped.env(name, value),
            None => wrapped.env_remove(name),
        };
    }
    wrapped
}

#[tokio::test]
async fn f8_a_full_disk_stops_new_runs_holds_the_others_and_loses_nothing() {
    let mock = Mock::start();
    let folder = furnished();
    std::fs::write(folder.path().join("etude.toml"), config(&mock)).expect("written");
    let data = folder.path().join("data");
    std::fs::create_dir_all(&data).expect("a folder");
    let command = with_small_disk(&serve(folder.path()), &data);
    let etude = Etude::start_as(folder, command);
    // Seen from here, the disk is the server's.
    let inside = PathBuf::from(format!("/proc/{}/root", etude.pid())).join(data.strip_prefix("/").expect("absolute"));
    assert!(inside.join("ballast").exists(), "{}", inside.display());

    let mut steady = etude.stream(&ask(STEADY, "Hi", json!({}))).await;
    let mut seen = vec![steady.next().await.expect("it runs")];
    let large = "x".repeat(LARGE_BYTES);
    let deadline = Instant::now() + PATIENCE;
    let problem = loop {
        assert!(Instant::now() < deadline, "the disk is never full");
        let response = etude.post("/v1/runs").json(&ask(QUICK, &large, json!({}))).send();
        // A start that waits for the disk is let go of; the next one is refused.
        let Ok(response) = tokio::time::timeout(Duration::from_secs(3), response).await else { continue };
        let response = response.expect("answers");
        if response.status() != 200 {
            assert_eq!(response.status(), 503);
            break response.json::<serde_json::Value>().await.expect("json");
        }
        let _ = tokio::time::timeout(Duration::from_secs(3), response.bytes()).await;
    };
    assert_eq!(problem["code"], "storage_unavailable", "{problem}");
    assert!(problem["hint"].as_str().is_some_and(|hint| hint.contains("room")), "{problem}");
    assert_eq!(etude.get("/readyz").send().await.expect("answers").status(), 503);
    assert_eq!(etude.get("/healthz").send().await.expect("answers").status(), 200);

    std::fs::remove_file(inside.join("ballast")).expect("room is made");
    seen.extend(steady.rest().await);
    assert_eq!(seen.last().map(|event| event.kind.as_str()), Some("run.finished"));
    assert_eq!(text(&seen), words(400), "no token is lost, none is there twice");
    let deadline = Instant::now() + PATIENCE;
    while etude.get("/readyz").send().await.expect("answers").status() != 200 {
        assert!(Instant::now() < deadline, "it does not recover");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let again = etude.stream(&ask(QUICK, "Hi", json!({}))).await.rest().await;
    assert_eq!(text(&again), words(3));
    assert_eq!(etude.tail(&steady.run, None).await.rest().await, seen, "what was delivered is what is kept");
}

#[test]
fn a_disk_without_room_for_the_log_is_named_at_the_start() {
    let folder = furnished();
    std::fs::write(folder.path().join("etude.toml"), "").expect("written");
    let data = folder.path().join("data");
    std::fs::create_dir_all(&data).expect("a folder");
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c"]);
    command.arg("mount -t tmpfs -o size=8m tmpfs \"$1\" && shift && exec \"$@\"").arg("sh").arg(&data);
    let server = serve(folder.path());
    command.arg(server.get_program()).args(server.get_args());
    command.envs(server.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = command.output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && !said.contains("panicked"), "{said}");
    assert!(said.contains("run log") && said.contains("space"), "{said}");
}

#[tokio::test]
async fn a_slow_disk_delays_and_loses_nothing_also_when_the_server_is_killed() {
    let mock = Mock::start();
    let folder = furnished();
    std::fs::write(folder.path().join("etude.toml"), config(&mock)).expect("written");
    let log = folder.path().join("data/log");
    let server = serve(folder.path());
    let mut command = Command::new("strace");
    command.args([
        "--follow-forks",
        "--seccomp-bpf",
        "--quiet=all",
        // The server is the child that is killed, and not its tracer.
        "--daemonize",
        "--output=/dev/null",
        "--trace=write,fdatasync",
    ]);
    // Each write of the log takes 30 ms longer, and so does each sync.
    command.arg("--inject=write,fdatasync:delay_enter=30000");
    for number in 0..2 {
        command.arg(format!("--trace-path={}", log.join(format!("{number:016x}.seg")).display()));
    }
    command.arg(server.get_program()).args(server.get_args());
    for (name, value) in server.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let mut etude = Etude::start_as(folder, command);
    let mut streams = Vec::new();
    for _ in 0..6 {
        streams.push(etude.stream(&ask(STEADY, "Hi", json!({}))).await);
    }
    let mut seen: Vec<Vec<_>> = Vec::new();
    for stream in &mut streams {
        let mut events = Vec::new();
        for _ in 0..12 {
            events.push(stream.next().await.expect("it runs"));
        }
        let waited = events.last().map(|event| event.data["at_ms"].clone());
        assert!(waited.is_some());
        seen.push(events);
    }
    etude.restart();
    for (stream, seen) in streams.iter().zip(&seen) {
        let kept = etude.tail(&stream.run, None).await.rest().await;
        assert_eq!(kept[..seen.len()], seen[..], "{} lost what a reader had", stream.run);
        assert_eq!(kept.last().expect("an end").data["error"]["code"], "interrupted");
    }
}
