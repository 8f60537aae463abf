//! What keeps a server from starting, and what `etude doctor` says of it: what happened, why, what to do.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use crate::harness::{Etude, Mock, ask, binary, furnish, furnished, serve};

fn output(command: &mut Command) -> (Output, String) {
    let output = command.stdin(Stdio::null()).output().expect("the binary starts");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output, said)
}

fn doctor(folder: &Path) -> Command {
    let mut command = binary();
    command.arg("doctor");
    furnish(&mut command, folder);
    command
}

/// A server that must not start: gives what it said.
fn refused(command: &mut Command) -> String {
    let (output, said) = output(command);
    assert!(!output.status.success(), "it started: {said}");
    assert!(!said.contains("panicked"), "{said}");
    said
}

#[test]
fn m2_a_broken_configuration_is_named_with_line_and_column() {
    let provider = "[[provider]]\nname = \"lab\"\nkind = \"openai\"\n";
    for (config, told) in [
        ("[server]\nadr = \"x\"\n".to_owned(), &["line 2, column 1", "adr"][..]),
        ("[server\n".to_owned(), &["line 1"]),
        ("[server]\ndrain_s = \"ten\"\n".to_owned(), &["line 2, column 11", "a whole number"]),
        ("[[provider]]\nname = \"lab\"\nkind = \"smoke\"\n".to_owned(), &["line 3, column 8", "smoke"]),
        (provider.to_owned(), &["lab", "base_url"]),
        (format!("{provider}base_url = \"nonsense\"\n"), &["lab", "not a URL"]),
        (format!("{provider}base_url = \"ftp://127.0.0.1\"\n"), &["lab", "http://"]),
        (format!("{provider}base_url = \"http://u:pw-canary@[bad\"\n"), &["lab"]),
        (format!("{provider}base_url = \"http://127.0.0.1\"\napi_key = 8675309123\n"), &["line 5", "api_key"]),
        (format!("{provider}base_url = \"http://127.0.0.1\"\napi_key = \"sk\\ncanary\"\n"), &["lab", "header"]),
        ("[[model]]\nname = \"m\"\nprovider = \"none\"\n".to_owned(), &["`m`", "`none`"]),
        ("[server]\naddr = \"0.0.0.0:3000\"\n".to_owned(), &["loopback", "0.0.0.0:3000"]),
    ] {
        let folder = furnished();
        std::fs::write(folder.path().join("etude.toml"), &config).expect("written");
        let mut command = serve(folder.path());
        command.env_remove("ETUDE_ADDR");
        let said = refused(&mut command);
        for part in told {
            assert!(said.contains(part), "{config}\n{part}: {said}");
        }
        assert!(!said.contains("canary") && !said.contains("8675309"), "{said}");
        let (report, said) = output(doctor(folder.path()).env_remove("ETUDE_ADDR"));
        assert!(!report.status.success() && said.contains("FAIL"), "{said}");
        assert!(!said.contains("canary") && !said.contains("8675309"), "{said}");
    }
}

#[test]
fn m2_what_cannot_be_used_is_named_with_the_way_out() {
    let folder = furnished();
    let missing = refused(serve(folder.path()).env("ETUDE_CONFIG", folder.path().join("none.toml")));
    assert!(missing.contains("none.toml") && missing.contains("cannot be read"), "{missing}");

    std::fs::write(folder.path().join("etude.toml"), "").expect("written");
    std::fs::write(folder.path().join("file"), "").expect("written");
    let not_a_folder = refused(serve(folder.path()).env("ETUDE_DATA_DIR", folder.path().join("file")));
    assert!(not_a_folder.contains("data directory"), "{not_a_folder}");

    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = taken.local_addr().expect("an address").to_string();
    let in_use = refused(serve(folder.path()).env("ETUDE_ADDR", &addr));
    assert!(in_use.contains(&addr) && in_use.contains("ETUDE_ADDR"), "{in_use}");

    let open = refused(serve(folder.path()).env("ETUDE_ADDR", "0.0.0.0:0"));
    assert!(open.contains("loopback") && open.contains("accounts"), "{open}");

    std::fs::create_dir_all(folder.path().join("data")).expect("a folder");
    std::fs::write(folder.path().join("data/etude.db"), "this is no database, however long it may be")
        .expect("written");
    let no_database = refused(&mut serve(folder.path()));
    assert!(no_database.contains("database"), "{no_database}");
}

#[tokio::test]
async fn a_second_process_on_the_same_data_is_refused() {
    let etude = Etude::start(None, &[]).await;
    let said = refused(&mut serve(etude.folder()));
    assert!(said.contains(&etude.pid().to_string()) && said.contains("ETUDE_DATA_DIR"), "{said}");
    let (_, said) = output(&mut doctor(etude.folder()));
    assert!(said.contains("Another etude"), "{said}");
    assert_eq!(etude.get("/healthz").send().await.expect("answers").status(), 200, "the first goes on");
}

#[tokio::test]
async fn a_gguf_that_is_none_says_so_and_the_rest_works() {
    let mock = Mock::start();
    let folder = furnished();
    let weights = folder.path().join("weights.gguf");
    std::fs::write(&weights, "GGUF? No.").expect("written");
    let config = format!(
        "[[provider]]\nname = \"lab\"\nkind = \"openai\"\nbase_url = \"{}/v1\"\n[[model]]\nname = \"mock-n3\"\nprovider = \"lab\"\n",
        mock.url
    );
    let path = weights.display().to_string();
    let etude = Etude::start_over(folder, &config, &[("ETUDE_MODEL_PATH", &path), ("ETUDE_MODEL_NAME", "weights")]);
    let refused = etude.post("/v1/runs").json(&ask("weights", "Hi", json!({}))).send().await.expect("answers");
    assert_eq!(refused.status(), 503);
    let problem: Value = refused.json().await.expect("json");
    assert_eq!(problem["code"], "model_unavailable", "{problem}");
    assert!(problem["hint"].as_str().is_some_and(|hint| hint.contains("ETUDE_MODEL_PATH")), "{problem}");
    assert_eq!(etude.get("/readyz").send().await.expect("answers").status(), 200, "runs are admitted all the same");
    let run: Value = etude
        .post("/v1/runs")
        .header("accept", "application/json")
        .json(&ask("mock-n3", "Hi", json!({})))
        .send()
        .await
        .expect("answers")
        .json()
        .await
        .expect("json");
    assert_eq!(run["status"], "finished");
}

#[test]
fn doctor_prints_what_is_in_force_and_tests_each_part() {
    let mock = Mock::start();
    let folder = furnished();
    let config = format!(
        "[server]\ndrain_s = 3\n[[provider]]\nname = \"lab\"\nkind = \"openai\"\nbase_url = \"{}/v1\"\napi_key = \"sk-canary-1\"\n\
         [[provider]]\nname = \"down\"\nkind = \"anthropic\"\nbase_url = \"http://127.0.0.1:1\"\napi_key_env = \"DOWN_KEY\"\n",
        mock.url
    );
    std::fs::write(folder.path().join("etude.toml"), config).expect("written");
    let (report, said) = output(&mut doctor(folder.path()));
    assert!(!report.status.success(), "one provider is down: {said}");
    for part in [
        "ETUDE_DATA_DIR",
        "drain_s                  3  (etude.toml)",
        "provider lab             key from etude.toml",
        "no key: DOWN_KEY is not set",
        "ok    data directory",
        "ok    embedded model",
        "ok    provider lab",
        "lists 1 models",
        "FAIL  provider down",
        "cannot be reached",
        "→ Check that it runs",
    ] {
        assert!(said.contains(part), "{part} is missing:\n{said}");
    }
    assert!(!said.contains("canary"), "{said}");
}
