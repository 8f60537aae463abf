//! The vendors' own clients as judges of the scripted upstream: their types must take every byte that it sends.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::setup;
use crate::tally::{Tally, run_counted};
use crate::tests;
use crate::workspace::Workspace;

/// Builds the server and runs the clients against its mock; answers with their count and, if they failed, why.
pub fn run(workspace: &Workspace) -> Result<(Tally, Option<String>)> {
    let folder = workspace.root.join("end2end/sdk");
    let python = setup::python(workspace, &folder.join("requirements.txt"), "the vendors' Python clients")?;
    let mock = Mock::start(&tests::build_server(workspace)?)?;
    let mut pytest = workspace.command(&python);
    pytest
        .args(["-m", "pytest", "-q", "-p", "no:cacheprovider"])
        .arg(&folder)
        .env("ETUDE_MOCK_URL", &mock.url)
        .env("PYTHONDONTWRITEBYTECODE", "1");
    let (tally, status) = run_counted(&mut pytest)?;
    Ok((tally, (!status.success()).then(|| format!("the clients' tests ended with {status}"))))
}

/// The scripted upstream, until it is dropped.
struct Mock {
    child: Child,
    url: String,
}

impl Mock {
    fn start(etude: &Path) -> Result<Self> {
        let mut child = Command::new(etude)
            .args(["mock", "--addr", "127.0.0.1:0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("starting the mock")?;
        let mut url = String::new();
        let stdout = child.stdout.take().context("the mock's output is a pipe")?;
        let read = BufReader::new(stdout).read_line(&mut url);
        let mock = Self { child, url: url.trim().to_owned() };
        read.context("reading the mock's address")?;
        ensure!(mock.url.starts_with("http://"), "the mock did not start");
        Ok(mock)
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
