//! Connections to one address that wait for their next request.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use crate::http::Connection;
use crate::process::Process;

/// Connections to one address that wait for their next request.
pub struct Pool {
    url: String,
    /// More headers, each with its line end.
    headers: String,
    idle: Mutex<Vec<Connection>>,
}

impl Pool {
    /// A pool without connections.
    pub fn new(process: &Process) -> Self {
        Self::with(process, String::new())
    }

    /// A pool whose requests carry more headers.
    pub fn with(process: &Process, headers: String) -> Self {
        Self { url: process.url.clone(), headers, idle: Mutex::default() }
    }

    /// Makes a request and reads the answer to its end; gives the milliseconds until `first` had come.
    pub async fn ask(&self, path: &str, accept: &str, body: &str, first: &str, last: &str) -> Result<f64> {
        let (mut connection, began, status) = loop {
            let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let has_waited = idle.is_some();
            let mut connection = match idle {
                Some(connection) => connection,
                None => Connection::open(&self.url).await?.with_headers(&self.headers),
            };
            let began = Instant::now();
            match connection.ask("POST", path, accept, body).await {
                Ok(status) => break (connection, began, status),
                // Servers close connections that have waited for long; nothing had been asked over it.
                Err(_) if has_waited => {}
                Err(error) => return Err(error),
            }
        };
        let (mut answer, mut first_ms) = (Vec::new(), None);
        while connection.more(&mut answer).await? {
            if first_ms.is_none() && contains(&answer, first) {
                first_ms = Some(began.elapsed().as_secs_f64() * 1e3);
            }
        }
        let text = String::from_utf8_lossy(&answer);
        ensure!(status == 200 && text.contains(last), "{} answers {status}: {text}", self.url);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        first_ms.context("an answer without a first token")
    }
}

fn contains(bytes: &[u8], what: &str) -> bool {
    bytes.windows(what.len()).any(|window| window == what.as_bytes())
}
