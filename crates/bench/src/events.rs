//! Reads a run's events and misses none: seqs are dense, and the last event is an end.

use anyhow::{Context, Result, bail, ensure};

use crate::http::Connection;

/// A run's events as they come.
pub struct Events {
    connection: Connection,
    buffer: Vec<u8>,
    next_seq: u64,
    ended: bool,
    /// The run's id.
    pub run: String,
    /// Deltas so far.
    pub deltas: u64,
}

impl Events {
    /// Starts a run.
    pub async fn start(url: &str, model: &str) -> Result<Self> {
        let body = format!(r#"{{"model":"{model}","messages":[{{"role":"user","content":"Hello"}}]}}"#);
        Self::ask(Connection::open(url).await?, "POST", "/v1/runs", &body).await
    }

    /// Reads a run that exists, from its beginning.
    pub async fn tail(connection: Connection, run: &str) -> Result<Self> {
        let mut events = Self::ask(connection, "GET", &format!("/v1/runs/{run}/events"), "").await?;
        run.clone_into(&mut events.run);
        Ok(events)
    }

    async fn ask(mut connection: Connection, method: &str, path: &str, body: &str) -> Result<Self> {
        let status = connection.ask(method, path, "text/event-stream", body).await?;
        if status != 200 {
            bail!("{path} answers {status}: {}", connection.text().await?);
        }
        let run = connection.run.clone().unwrap_or_default();
        Ok(Self { connection, buffer: Vec::new(), next_seq: 0, ended: false, run, deltas: 0 })
    }

    /// Reads what has come, and gives the text of each delta to `each`; false after the end.
    pub async fn more(&mut self, mut each: impl FnMut(&str)) -> Result<bool> {
        if !self.connection.more(&mut self.buffer).await? {
            ensure!(self.ended, "{} broke off after {} events", self.run, self.next_seq);
            return Ok(false);
        }
        let mut taken = 0;
        while let Some(length) = end_of_frame(&self.buffer[taken..]) {
            let frame = std::str::from_utf8(&self.buffer[taken..taken + length]).context("events are text")?;
            taken += length + 2;
            let Some(rest) = frame.strip_prefix("id: ") else { continue };
            let (seq, rest) = rest.split_once("\nevent: ").context("an event without a name")?;
            let seq: u64 = seq.parse().context("a seq")?;
            ensure!(seq == self.next_seq, "{}: event {seq} came where {} was due", self.run, self.next_seq);
            self.next_seq += 1;
            let (kind, data) = rest.split_once("\ndata: ").context("an event without data")?;
            match kind {
                "delta" => {
                    self.deltas += 1;
                    each(after(data, "\"text\":\""));
                }
                "run.finished" => self.ended = true,
                "run.failed" => bail!("{} failed: {data}", self.run),
                _ => {}
            }
        }
        self.buffer.drain(..taken);
        Ok(true)
    }

    /// Reads to the end.
    pub async fn rest(&mut self) -> Result<()> {
        while self.more(|_| ()).await? {}
        Ok(())
    }
}

/// Where a frame ends: at an empty line.
pub fn end_of_frame(bytes: &[u8]) -> Option<usize> {
    bytes.windows(2).position(|two| two == b"\n\n")
}

/// What follows a mark, up to the next quotation mark; nothing where the mark is not there.
pub fn after<'a>(text: &'a str, mark: &str) -> &'a str {
    let rest = text.split_once(mark).map_or("", |(_, rest)| rest);
    rest.split('"').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_frames_are_found() {
        assert_eq!(after(r#"{"at_ms":1,"index":0,"text":"123"}"#, "\"text\":\""), "123");
        assert_eq!(after("{}", "\"text\":\""), "");
        assert_eq!(end_of_frame(b"id: 1\n\nid: 2"), Some(5));
        assert_eq!(end_of_frame(b"id: 1\n"), None);
    }
}
