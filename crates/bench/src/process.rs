//! The processes that are measured: started, watched through `/proc`, killed at the end.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::Setting;
use crate::http;

/// Ticks in a second, as `/proc` counts CPU time: `USER_HZ`, which is 100 on every Linux of x86-64.
const TICKS_S: f64 = 100.0;
/// How long a process may take until it answers.
const START: Duration = Duration::from_secs(60);
/// Pause between two looks at whether it does.
const LOOK: Duration = Duration::from_millis(20);

/// A process that answers HTTP, until it is dropped.
pub struct Process {
    child: Child,
    /// Where it answers.
    pub url: String,
}

impl Process {
    /// Starts one whose first line is its address.
    pub fn announced(command: &mut Command) -> Result<Self> {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().context("starting a server")?;
        let mut url = String::new();
        let stdout = child.stdout.take().context("its output is a pipe")?;
        let read = BufReader::new(stdout).read_line(&mut url);
        let process = Self { child, url: url.trim().to_owned() };
        read.context("reading a server's address")?;
        ensure!(process.url.starts_with("http://"), "it did not start; its own words stand above");
        Ok(process)
    }

    /// Its number.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// CPU time that all its threads have taken so far, in seconds; its children's not counted.
    pub fn cpu_s(&self) -> Result<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid())).context("reading CPU times")?;
        // The name, in brackets, may hold blanks; user and system time are the 14th and 15th field of all.
        let after = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        let ticks = after.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
        Ok(ticks.collect::<Result<Vec<_>, _>>()?.iter().sum::<f64>() / TICKS_S)
    }

    /// Memory that it holds, in kilobytes.
    pub fn rss_kb(&self) -> Result<f64> {
        rss_kb(self.pid())
    }

    /// Ends it as `kill -9` does.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Asks it to leave in good order, and waits until it has.
    pub fn stop(&mut self) -> Result<()> {
        let asked = Command::new("kill").arg(self.pid().to_string()).status().context("asking a server to leave")?;
        ensure!(asked.success(), "the server is gone already");
        let left = self.child.wait().context("waiting for a server to leave")?;
        ensure!(left.success(), "the server left with {left}");
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Memory that a process holds, in kilobytes (`VmRSS`).
pub fn rss_kb(pid: u32) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).context("reading a process's memory")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("the kernel tells no VmRSS")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse()?)
}

/// Starts the scripted upstream.
pub fn mock(setting: &Setting) -> Result<Process> {
    Process::announced(Command::new(&setting.etude).args(["mock", "--addr", "127.0.0.1:0", "--ttft-ms", "0"]))
}

/// Configures a server: one provider, the mock, whose models are these.
pub fn config(mock: &Process, models: &[&str]) -> String {
    let mut config = format!(
        "[[provider]]\nname = \"lab\"\nkind = \"openai\"\nbase_url = \"{}/v1\"\n\n\
         [[tier]]\nname = \"default\"\nconcurrent_runs = 1000000\n",
        mock.url
    );
    for model in models {
        config += &format!("\n[[model]]\nname = \"{model}\"\nprovider = \"lab\"\n");
    }
    config
}

/// The command that serves from a folder; what the machine's own environment would add is taken away.
pub fn serve(setting: &Setting, folder: &Path, config: &str) -> Result<Command> {
    let place = folder.join("etude.toml");
    fs::write(&place, config).with_context(|| format!("writing {}", place.display()))?;
    let mut command = Command::new(&setting.etude);
    command.arg("serve");
    for name in ["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "OPENAI_BASE_URL", "ANTHROPIC_BASE_URL"] {
        command.env_remove(name);
    }
    command
        .env("ETUDE_ADDR", "127.0.0.1:0")
        .env("ETUDE_CONFIG", place)
        .env("ETUDE_DATA_DIR", folder.join("data"))
        .env("ETUDE_SITE_DIR", &setting.site)
        .env("ETUDE_MODEL_PATH", &setting.model)
        .env("ETUDE_MODEL_NAME", "smollm2-135m-instruct")
        .env("ETUDE_LOG", "error")
        // Ports where nothing listens.
        .env("OLLAMA_HOST", "127.0.0.1:1")
        .env("LLAMA_ARG_PORT", "1");
    Ok(command)
}

/// Starts Etude over a folder and waits until its model is loaded, so that loading disturbs nothing.
pub async fn etude(setting: &Setting, folder: &Path, config: &str) -> Result<Process> {
    let etude = Process::announced(&mut serve(setting, folder, config)?)?;
    wait(&etude.url, "/readyz", |body| body.contains("\"model\":\"ready\"")).await?;
    Ok(etude)
}

/// Starts `vllm-router` in front of the mock; none where it is not installed.
pub async fn router(setting: &Setting, mock: &Process) -> Result<Option<Process>> {
    let Some(program) = &setting.router else { return Ok(None) };
    let (port, metrics) = (free_port()?, free_port()?);
    let child = Command::new(program)
        .args(["--worker-urls", &mock.url, "--host", "127.0.0.1", "--port", &port.to_string()])
        .args(["--policy", "round_robin", "--log-level", "error", "--prometheus-port", &metrics.to_string()])
        .args(["--worker-startup-check-interval", "1"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("starting vllm-router")?;
    let router = Process { child, url: format!("http://127.0.0.1:{port}") };
    wait(&router.url, "/health", |_| true).await?;
    Ok(Some(router))
}

/// Starts `@portkey-ai/gateway`; none where it is not installed.
pub async fn portkey(setting: &Setting) -> Result<Option<Process>> {
    let Some(script) = &setting.portkey else { return Ok(None) };
    let port = free_port()?;
    let child = Command::new("node")
        .arg(script)
        .args([format!("--port={port}"), "--headless".into()])
        .env("NODE_ENV", "production")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("starting @portkey-ai/gateway")?;
    let portkey = Process { child, url: format!("http://127.0.0.1:{port}") };
    wait(&portkey.url, "/", |_| true).await?;
    Ok(Some(portkey))
}

/// Waits until a path answers with 200 and what is wanted.
pub async fn wait(url: &str, path: &str, wanted: impl Fn(&str) -> bool) -> Result<()> {
    let started = Instant::now();
    loop {
        let answer = http::get(url, path).await;
        if answer.as_ref().is_ok_and(|body| wanted(body)) {
            return Ok(());
        }
        ensure!(started.elapsed() < START, "{url}{path} does not get ready: {answer:?}");
        tokio::time::sleep(LOOK).await;
    }
}

/// A port that is free right now.
pub fn free_port() -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").context("looking for a free port")?;
    Ok(listener.local_addr()?.port())
}
