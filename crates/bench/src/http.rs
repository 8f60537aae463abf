//! A client for HTTP/1.1 that costs next to nothing: one connection, one request at a time, the body as it comes.
//! What it costs itself is in the figures of the direct way, which go through it too.

use anyhow::{Context, Result, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Bytes that are read at a time.
const READ_BYTES: usize = 4 * 1024;
/// Longest head of an answer, in bytes.
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// How much of a body is still to come.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Left {
    /// So many bytes.
    Length(usize),
    /// A chunk's length stands next.
    Size,
    /// So many bytes of a chunk.
    Chunk(usize),
    /// The line end after a chunk.
    LineEnd,
    /// The line end after the last chunk.
    LastLineEnd,
    /// Nothing.
    Nothing,
}

/// One connection.
pub struct Connection {
    stream: TcpStream,
    host: String,
    /// More headers, each with its line end.
    headers: String,
    buffer: Vec<u8>,
    /// What of the buffer has been taken.
    taken: usize,
    read_bytes: usize,
    left: Left,
    /// The run that the last answer named.
    pub run: Option<String>,
}

impl Connection {
    /// Opens one to `http://host:port`.
    pub async fn open(url: &str) -> Result<Self> {
        let host = url.trim_start_matches("http://").to_owned();
        let stream = TcpStream::connect(&host).await.with_context(|| format!("connecting to {host}"))?;
        stream.set_nodelay(true)?;
        let (buffer, headers) = (Vec::new(), String::new());
        Ok(Self { stream, host, headers, buffer, taken: 0, read_bytes: READ_BYTES, left: Left::Nothing, run: None })
    }

    /// Reads so many bytes at a time, for long bodies.
    pub fn read_by(mut self, bytes: usize) -> Self {
        self.read_bytes = bytes;
        self
    }

    /// Sends more headers with each request, each with its line end.
    pub fn with_headers(mut self, headers: &str) -> Self {
        headers.clone_into(&mut self.headers);
        self
    }

    /// Sends a request and reads the head of the answer; says its status.
    pub async fn ask(&mut self, method: &str, path: &str, accept: &str, body: &str) -> Result<u16> {
        let (host, headers, length) = (&self.host, &self.headers, body.len());
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {host}\r\naccept: {accept}\r\ncontent-type: application/json\r\n\
             {headers}content-length: {length}\r\n\r\n{body}"
        );
        self.stream.write_all(request.as_bytes()).await.context("sending a request")?;
        loop {
            if let Some(length) = self.rest().windows(4).position(|four| four == b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&self.rest()[..length]).into_owned();
                self.taken += length + 4;
                return self.take_head(&head);
            }
            ensure!(self.rest().len() < HEAD_BYTES_MAX, "the head of an answer does not end");
            ensure!(self.read().await? > 0, "the connection was closed before the answer");
        }
    }

    /// Adds what has come of the body to `out`; false at its end.
    pub async fn more(&mut self, out: &mut Vec<u8>) -> Result<bool> {
        let before = out.len();
        loop {
            while self.left != Left::Nothing && self.step(out)? {}
            if out.len() > before {
                return Ok(true);
            }
            if self.left == Left::Nothing {
                return Ok(false);
            }
            ensure!(self.read().await? > 0, "the connection was closed in the middle of an answer");
        }
    }

    /// Reads the body to its end, as text.
    pub async fn text(&mut self) -> Result<String> {
        let mut body = Vec::new();
        while self.more(&mut body).await? {}
        String::from_utf8(body).context("an answer is no text")
    }

    fn rest(&self) -> &[u8] {
        &self.buffer[self.taken..]
    }

    async fn read(&mut self) -> Result<usize> {
        self.buffer.drain(..self.taken);
        self.taken = 0;
        self.buffer.reserve(self.read_bytes);
        self.stream.read_buf(&mut self.buffer).await.context("reading an answer")
    }

    fn take_head(&mut self, head: &str) -> Result<u16> {
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
        let status = status.with_context(|| format!("no answer of HTTP: {head}"))?;
        self.left = Left::Length(0);
        for line in lines {
            let (name, value) = line.split_once(':').unwrap_or((line, ""));
            match name.to_ascii_lowercase().as_str() {
                "content-length" => self.left = Left::Length(value.trim().parse().context("a length")?),
                "x-etude-run" => self.run = Some(value.trim().to_owned()),
                "transfer-encoding" => self.left = Left::Size,
                _ => {}
            }
        }
        if self.left == Left::Length(0) {
            self.left = Left::Nothing;
        }
        Ok(status)
    }

    /// Takes one piece of the body's form from the buffer; false where more must come first.
    fn step(&mut self, out: &mut Vec<u8>) -> Result<bool> {
        match self.left {
            Left::Nothing => return Ok(false),
            Left::Length(left) | Left::Chunk(left) => {
                let count = left.min(self.rest().len());
                if count == 0 {
                    return Ok(false);
                }
                out.extend_from_slice(&self.buffer[self.taken..self.taken + count]);
                self.taken += count;
                self.left = match (self.left, left - count) {
                    (Left::Chunk(_), 0) => Left::LineEnd,
                    (Left::Chunk(_), left) => Left::Chunk(left),
                    (_, 0) => Left::Nothing,
                    (_, left) => Left::Length(left),
                };
            }
            Left::Size => {
                let Some(length) = self.rest().iter().position(|byte| *byte == b'\n') else { return Ok(false) };
                let line = String::from_utf8_lossy(&self.rest()[..length]).into_owned();
                self.taken += length + 1;
                let digits = line.trim().split(';').next().unwrap_or_default();
                self.left = match usize::from_str_radix(digits, 16) {
                    Ok(0) => Left::LastLineEnd,
                    Ok(size) => Left::Chunk(size),
                    Err(_) => bail!("`{digits}` is no length of a chunk"),
                };
            }
            Left::LineEnd | Left::LastLineEnd => {
                if self.rest().len() < 2 {
                    return Ok(false);
                }
                self.taken += 2;
                self.left = if self.left == Left::LineEnd { Left::Size } else { Left::Nothing };
            }
        }
        Ok(true)
    }
}

/// Asks once, on a connection of its own; an answer other than 200 is an error.
pub async fn get(url: &str, path: &str) -> Result<String> {
    let mut connection = Connection::open(url).await?;
    let status = connection.ask("GET", path, "*/*", "").await?;
    let body = connection.text().await?;
    ensure!(status == 200, "{path} answers {status}: {body}");
    Ok(body)
}
