//! A server of one's own for each test: started on a free port, killed at the end.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use futures::StreamExt;
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

/// How long anything may take before a test gives up.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub fn binary() -> Command {
    Command::new(env!("CARGO_BIN_EXE_etude"))
}

/// A client; of the two TLS backends in the lock file it takes the server's.
fn http() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::new()
}

/// The command that serves from a folder; what the machine's own environment would add is taken away.
pub fn serve(folder: &Path) -> Command {
    let mut command = binary();
    command.arg("serve");
    furnish(&mut command, folder);
    command
}

/// Points a command at a folder.
pub fn furnish(command: &mut Command, folder: &Path) {
    for name in ["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "OPENAI_BASE_URL", "ANTHROPIC_BASE_URL"] {
        command.env_remove(name);
    }
    command
        .env("ETUDE_ADDR", "127.0.0.1:0")
        .env("ETUDE_CONFIG", folder.join("etude.toml"))
        .env("ETUDE_DATA_DIR", folder.join("data"))
        .env("ETUDE_SITE_DIR", folder.join("site"))
        .env("ETUDE_MODEL_PATH", model_file())
        .env("ETUDE_MODEL_NAME", "smollm2-135m-instruct")
        .env("ETUDE_LOG", "warn")
        // Ports where nothing listens.
        .env("OLLAMA_HOST", "127.0.0.1:1")
        .env("LLAMA_ARG_PORT", "1");
}

/// Starts a process and reads the URL from its first line.
fn start(command: &mut Command) -> (Child, String) {
    use std::io::{BufRead, BufReader};
    let mut child = command.stdout(Stdio::piped()).stdin(Stdio::null()).spawn().expect("the binary starts");
    let mut line = String::new();
    let stdout = child.stdout.take().expect("a pipe");
    BufReader::new(stdout).read_line(&mut line).expect("a line");
    assert!(line.starts_with("http://"), "it did not start: {line:?}");
    (child, line.trim().to_owned())
}

/// A scripted upstream.
pub struct Mock {
    child: Child,
    pub url: String,
}

impl Mock {
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    pub fn start_with(args: &[&str]) -> Self {
        let (child, url) = start(binary().args(["mock", "--addr", "127.0.0.1:0", "--ttft-ms", "5"]).args(args));
        Self { child, url }
    }

    /// Answers that are being sent right now.
    pub async fn open(&self) -> u64 {
        self.count("open").await
    }

    /// What the mock counts under a name: `calls`, `open`, `connections`.
    pub async fn count(&self, what: &str) -> u64 {
        let counts: Value =
            http().get(format!("{}/mock/counts", self.url)).send().await.expect("answers").json().await.expect("json");
        counts[what].as_u64().expect("a number")
    }

    /// Puts other models on the mock's list.
    pub async fn list(&self, models: &[&str]) {
        let url = format!("{}/mock/models", self.url);
        let answer = http().post(url).json(&json!({"models": models})).send().await.expect("answers");
        assert_eq!(answer.status(), 204);
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A folder with a site in it.
pub fn furnished() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let site = folder.path().join("site/pkg");
    std::fs::create_dir_all(&site).expect("a folder");
    std::fs::write(site.join("build.txt"), "test").expect("written");
    std::fs::write(site.join("etude.js"), "// the page's script").expect("written");
    folder
}

/// A server with a data directory of its own.
pub struct Etude {
    child: Child,
    pub url: String,
    pub client: Client,
    folder: TempDir,
    environment: Vec<(String, String)>,
}

impl Etude {
    /// Starts one whose configuration has the mock's models: any `mock-…` in `models`.
    pub async fn start(mock: Option<&Mock>, models: &[&str]) -> Self {
        Self::start_with(mock, models, "").await
    }

    /// Starts one with more configuration.
    pub async fn start_with(mock: Option<&Mock>, models: &[&str], more: &str) -> Self {
        let folder = furnished();
        let mut config = more.to_owned();
        if let Some(mock) = mock {
            config += &format!("\n[[provider]]\nname = \"lab\"\nkind = \"openai\"\nbase_url = \"{}/v1\"\n", mock.url);
            for model in models {
                config += &format!(
                    "[[model]]\nname = \"{model}\"\nprovider = \"lab\"\nprice = {{ input = 1.0, output = 2.0 }}\n"
                );
            }
        }
        Self::start_over(folder, &config, &[])
    }

    /// Starts one in a folder, with its whole configuration and more environment.
    pub fn start_over(folder: TempDir, config: &str, environment: &[(&str, &str)]) -> Self {
        std::fs::write(folder.path().join("etude.toml"), config).expect("written");
        let environment: Vec<_> =
            environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let (child, url) = start(serve(folder.path()).envs(environment.clone()));
        let client = http();
        Self { child, url, client, folder, environment }
    }

    /// Starts one over a folder that has its configuration already, and sends its log elsewhere.
    pub fn start_logged(folder: TempDir, environment: &[(&str, &str)], log: Stdio) -> Self {
        let mut command = serve(folder.path());
        command.envs(environment.iter().copied()).stderr(log);
        Self::start_as(folder, command)
    }

    /// Starts one by a command of the test's own; a restart is a usual one.
    pub fn start_as(folder: TempDir, mut command: Command) -> Self {
        let (child, url) = start(&mut command);
        Self { child, url, client: http(), folder, environment: Vec::new() }
    }

    /// The folder that holds its configuration, its data and its site.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Ends it as `kill -9` does.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Asks it to stop, and waits; says whether it left in good order.
    pub async fn stop(&mut self) -> bool {
        signal(self.child.id(), "TERM");
        self.left().await
    }

    /// Waits until it has ended by itself; says whether in good order.
    pub async fn left(&mut self) -> bool {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("a child of ours") {
                return status.success();
            }
            assert!(Instant::now() < deadline, "it did not stop");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Starts it again over the same data, on another port.
    pub fn restart(&mut self) {
        self.kill();
        (self.child, self.url) = start(serve(self.folder.path()).envs(self.environment.clone()));
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.url))
    }

    pub fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.url))
    }

    /// A run as it stands.
    pub async fn run(&self, id: &str) -> Value {
        self.get(&format!("/v1/runs/{id}")).send().await.expect("answers").json().await.expect("json")
    }

    /// Starts a run as a stream.
    pub async fn stream(&self, body: &Value) -> Events {
        let response = self.post("/v1/runs").json(body).send().await.expect("answers");
        assert_eq!(response.status(), StatusCode::OK, "{}", response.text().await.unwrap_or_default());
        Events::new(response)
    }

    /// Reads a run's events from after `after`.
    pub async fn tail(&self, id: &str, after: Option<u64>) -> Events {
        let mut request = self.get(&format!("/v1/runs/{id}/events"));
        if let Some(after) = after {
            request = request.header("last-event-id", after.to_string());
        }
        Events::new(request.send().await.expect("answers"))
    }

    /// Waits until a run has ended, and gives it.
    pub async fn ended(&self, id: &str) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let run = self.run(id).await;
            if !matches!(run["status"].as_str(), Some("queued" | "running")) {
                return run;
            }
            assert!(Instant::now() < deadline, "it does not end: {run}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for Etude {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Sends a signal by name.
pub fn signal(pid: u32, name: &str) {
    let sent = Command::new("kill").args([format!("-{name}"), pid.to_string()]).status().expect("kill runs");
    assert!(sent.success(), "signal {name} to {pid}");
}

/// The children of a process: the embedded model's worker.
pub fn children(pid: u32) -> Vec<u32> {
    let path = format!("/proc/{pid}/task");
    let tasks = std::fs::read_dir(path).into_iter().flatten().flatten();
    tasks
        .filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok())
        .flat_map(|list| list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>())
        .collect()
}

/// Whether a process is gone, or only waits for its parent to notice.
pub fn is_gone(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).map_or(true, |stat| stat.contains(") Z "))
}

fn model_file() -> PathBuf {
    let found = std::env::var_os("ETUDE_TEST_MODEL").map(PathBuf::from).unwrap_or_else(|| {
        let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
        cache.or(home).unwrap_or_default().join("etude/model/SmolLM2-135M-Instruct.Q4_1.gguf")
    });
    assert!(found.exists(), "{} is missing: run `cargo xtask model`", found.display());
    found
}

/// The body of a run.
pub fn ask(model: &str, text: &str, params: Value) -> Value {
    json!({"model": model, "messages": [{"role": "user", "content": text}], "params": params})
}

/// One event as it came.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub seq: u64,
    pub kind: String,
    pub data: Value,
}

/// Events of a response, read one by one.
pub struct Events {
    pub status: StatusCode,
    pub run: String,
    body: futures::stream::BoxStream<'static, reqwest::Result<bytes::Bytes>>,
    text: String,
}

impl Events {
    fn new(response: Response) -> Self {
        let run = response.headers().get("x-etude-run").map(|run| run.to_str().expect("text").to_owned());
        Self {
            status: response.status(),
            run: run.unwrap_or_default(),
            body: response.bytes_stream().boxed(),
            text: String::new(),
        }
    }

    /// The next event; none when the stream has ended or was cut.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((frame, rest)) = self.text.split_once("\n\n") {
                let event = parse(frame);
                self.text = rest.to_owned();
                match event {
                    Some(event) => return Some(event),
                    None => continue,
                }
            }
            let chunk = tokio::time::timeout(PATIENCE, self.body.next()).await.expect("something comes")?.ok()?;
            self.text += std::str::from_utf8(&chunk).expect("frames are whole characters");
        }
    }

    /// All events until the end.
    pub async fn rest(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            events.push(event);
        }
        events
    }
}

fn parse(frame: &str) -> Option<Event> {
    let field = |name: &str| frame.lines().find_map(|line| line.strip_prefix(name));
    Some(Event {
        seq: field("id: ")?.parse().expect("a number"),
        kind: field("event: ")?.to_owned(),
        data: serde_json::from_str(field("data: ")?).expect("json"),
    })
}

/// The text that deltas add up to.
pub fn text(events: &[Event]) -> String {
    events.iter().filter(|event| event.kind == "delta").filter_map(|event| event.data["text"].as_str()).collect()
}

/// What the mock says in so many tokens.
pub fn words(tokens: usize) -> String {
    (0..tokens).map(|n| if n == 0 { "w0".into() } else { format!(" w{n}") }).collect()
}
