//! `etude export` and `etude import`: the running server's own routes, called from the command line.
#![expect(clippy::print_stdout, reason = "what came of it is this command's output")]

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use bytes::Bytes;
use clap::Args;
use domain::Imported;
use domain::live::Problem;
use engine::config::{self, Config};
use futures::{StreamExt, TryStreamExt};
use http::{Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt, Empty, StreamBody, combinators::BoxBody};
use hyper::body::{Frame, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::fs::File;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_util::io::ReaderStream;

/// From which size on it is said how far one is, in bytes.
const LARGE_BYTES: u64 = 8 * 1024 * 1024;
/// How often, in milliseconds.
const SAY_EVERY_MS: u64 = 250;
/// How much of a file is sent at a time, in bytes.
const PIECE_BYTES: usize = 64 * 1024;
/// Longest answer that is not a file, in bytes.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;

/// What `etude export` is told.
#[derive(Args)]
pub struct ExportOptions {
    /// What: `all`, or the id of a prompt, a run or a comparison.
    #[arg(long, default_value = "all", value_name = "all|ID")]
    of: String,
    /// In which form: `json` can be imported again, `md` is for people.
    #[arg(long, default_value = "json", value_parser = ["json", "md"])]
    format: String,
    /// A prompt's runs come along.
    #[arg(long)]
    runs: bool,
    /// The file; without one, standard output.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    server: ServerOptions,
}

/// What `etude import` is told.
#[derive(Args)]
pub struct ImportOptions {
    /// The file; `-` is standard input.
    file: PathBuf,
    /// Say what would come of it, and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Leave out the prompts, runs and comparisons with something wrong in them, and import the rest.
    #[arg(long)]
    skip_refused: bool,
    #[command(flatten)]
    server: ServerOptions,
}

/// Which server.
#[derive(Args)]
struct ServerOptions {
    /// The server's address; without it, the one that `etude serve` would have.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
}

/// Writes what the server exports.
///
/// # Errors
/// When no server answers, it refuses, or the file cannot be written.
pub async fn export(options: ExportOptions) -> anyhow::Result<()> {
    let server = Server::find(options.server)?;
    let runs = if options.runs { "&runs=true" } else { "" };
    let path = format!("/v1/export?of={}&format={}{runs}", escaped(&options.of), options.format);
    let response = server.ask(Request::get(path), Empty::new().map_err(|never| match never {}).boxed()).await?;
    let body = accepted(response).await?.into_body();
    match options.out {
        None => {
            write(body, &mut tokio::io::stdout()).await?;
        }
        Some(out) => {
            // Under its own name only once it is whole.
            let part = part_of(&out)?;
            let mut file =
                File::create(&part).await.with_context(|| format!("{} cannot be written", part.display()))?;
            let written = async {
                let bytes = write(body, &mut file).await?;
                file.sync_all().await?;
                tokio::fs::rename(&part, &out).await.with_context(|| format!("{} cannot be written", out.display()))?;
                anyhow::Ok(bytes)
            };
            match written.await {
                Ok(bytes) => println!("{}: {bytes} bytes", out.display()),
                Err(error) => {
                    let _ = tokio::fs::remove_file(&part).await;
                    return Err(error);
                }
            }
        }
    }
    Ok(())
}

/// Gives the server a file.
///
/// # Errors
/// When no server answers, or it refuses: with every entry that is wrong.
pub async fn import(options: ImportOptions) -> anyhow::Result<()> {
    let server = Server::find(options.server)?;
    let path = format!("/v1/import?dry_run={}&skip_refused={}", options.dry_run, options.skip_refused);
    let mut request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
    let body = if options.file == Path::new("-") {
        sent(ReaderStream::with_capacity(tokio::io::stdin(), PIECE_BYTES), None)
    } else {
        let name = options.file.display();
        let file = File::open(&options.file).await.with_context(|| format!("{name} cannot be read"))?;
        let about = file.metadata().await.with_context(|| format!("{name} cannot be read"))?;
        if about.is_dir() {
            bail!("{name} is a folder. Name the file that was exported.");
        }
        request = request.header(header::CONTENT_LENGTH, about.len());
        sent(ReaderStream::with_capacity(file, PIECE_BYTES), Some(about.len()))
    };
    let response = accepted(server.ask(request, body).await?).await?;
    let answer = text(response.into_body()).await?;
    let imported: Imported = serde_json::from_str(&answer).context("the server's answer cannot be read")?;
    report(&imported, options.dry_run, options.skip_refused)
}

fn report(imported: &Imported, dry_run: bool, skip_refused: bool) -> anyhow::Result<()> {
    let refused = imported.refused.as_deref().unwrap_or_default();
    let would = if dry_run { "would be " } else { "" };
    let updated = if imported.updated > 0 { format!(", {} {would}updated", imported.updated) } else { String::new() };
    let left_out = if skip_refused { format!(", {} {would}left out", imported.left_out) } else { String::new() };
    println!("{} {would}created, {} unchanged{updated}{left_out}", imported.created, imported.unchanged);
    if refused.is_empty() {
        return Ok(());
    }
    let list = refused.iter().map(|refused| format!("\n{} {}", refused.path, refused.why)).collect::<String>();
    let more = if imported.refused_more > 0 { format!("\nand {} more", imported.refused_more) } else { String::new() };
    if skip_refused {
        println!("\nRefused:{list}{more}");
        return Ok(());
    }
    bail!("nothing would be imported, since these are refused:{list}{more}\nLeave them out with --skip-refused.")
}

/// A server that is running.
struct Server {
    authority: String,
}

impl Server {
    fn find(options: ServerOptions) -> anyhow::Result<Self> {
        let url = match options.url {
            Some(url) => url,
            None => {
                let addr = Config::load(&config::environment(std::env::vars_os())?)?.server.addr;
                if addr.ends_with(":0") {
                    bail!("The server's port is not known. Name its address with --url.");
                }
                format!("http://{addr}")
            }
        };
        let uri: Uri =
            url.parse().with_context(|| format!("`{url}` is no address. Write it as http://127.0.0.1:3000."))?;
        if uri.scheme_str() != Some("http") {
            bail!("`{url}` does not begin with http://. Reach a server on another machine through an SSH tunnel.");
        }
        let authority = uri.authority().with_context(|| format!("`{url}` names no server"))?;
        let port = authority.port_u16().unwrap_or(80);
        Ok(Self { authority: format!("{}:{port}", authority.host()) })
    }

    async fn ask(
        &self,
        request: http::request::Builder,
        body: BoxBody<Bytes, std::io::Error>,
    ) -> anyhow::Result<Response<Incoming>> {
        let stream = TcpStream::connect(&self.authority).await;
        let stream = stream.with_context(|| {
            format!(
                "No server answers at http://{}. Start it with `etude serve`, or name another with --url",
                self.authority
            )
        })?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        let request = request.header(header::HOST, &self.authority).body(body)?;
        let answer = sender.send_request(request).await;
        answer.with_context(|| format!("The server at http://{} broke the connection off", self.authority))
    }
}

/// A file on its way to the server.
fn sent<S>(pieces: S, total: Option<u64>) -> BoxBody<Bytes, std::io::Error>
where
    S: futures::Stream<Item = std::io::Result<Bytes>> + Send + Sync + 'static,
{
    let mut progress = Progress::new(total);
    let pieces = pieces.inspect(move |piece| progress.add(piece.as_ref().map_or(0, Bytes::len)));
    BodyExt::boxed(StreamBody::new(pieces.map_ok(Frame::data)))
}

/// The answer, where it is no refusal.
async fn accepted(response: Response<Incoming>) -> anyhow::Result<Response<Incoming>> {
    let status = response.status();
    if status == StatusCode::OK {
        return Ok(response);
    }
    let answer = text(response.into_body()).await?;
    let problem: Problem =
        serde_json::from_str(&answer).map_err(|_| anyhow!("The server answered {status}; it is no Etude."))?;
    let hint = problem.error.hint.map(|hint| format!("\n{hint}")).unwrap_or_default();
    bail!("{}{hint}", problem.detail)
}

async fn text(body: Incoming) -> anyhow::Result<String> {
    let body = http_body_util::Limited::new(body, ANSWER_BYTES_MAX).collect().await;
    let body = body.map_err(|error| anyhow!("the server's answer did not arrive whole: {error}"))?;
    Ok(String::from_utf8(body.to_bytes().into())?)
}

/// Writes a file as it comes; says how large it is.
async fn write(mut body: Incoming, out: &mut (impl AsyncWrite + Unpin)) -> anyhow::Result<u64> {
    let mut progress = Progress::new(None);
    while let Some(frame) = body.frame().await {
        let frame = frame.with_context(|| format!("The server broke off after {} bytes", progress.done))?;
        let Ok(piece) = frame.into_data() else { continue };
        out.write_all(&piece).await.context("the file cannot be written")?;
        progress.add(piece.len());
    }
    out.flush().await.context("the file cannot be written")?;
    progress.end();
    Ok(progress.done)
}

/// Beside a file, a name that nobody takes for it.
fn part_of(out: &Path) -> anyhow::Result<PathBuf> {
    let name = out.file_name().with_context(|| format!("{} is no name of a file", out.display()))?;
    let mut part = std::ffi::OsString::from(".");
    part.push(name);
    part.push(".part");
    Ok(out.with_file_name(part))
}

/// A value in a query: whatever is not plain is escaped.
fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// Says how far a large file is, where somebody looks.
struct Progress {
    total: Option<u64>,
    done: u64,
    said: Option<Instant>,
    is_watched: bool,
}

impl Progress {
    fn new(total: Option<u64>) -> Self {
        Self { total, done: 0, said: None, is_watched: std::io::stderr().is_terminal() }
    }

    fn add(&mut self, bytes: usize) {
        self.done += bytes as u64;
        let is_late = self.said.is_none_or(|said| said.elapsed() >= Duration::from_millis(SAY_EVERY_MS));
        if !self.is_watched || self.total.unwrap_or(self.done) < LARGE_BYTES || !is_late {
            return;
        }
        self.said = Some(Instant::now());
        let megabytes = |bytes: u64| bytes / 1_000_000;
        let of = self.total.map(|total| format!(" of {}", megabytes(total))).unwrap_or_default();
        let _ = write!(std::io::stderr(), "\r{}{of} MB ", megabytes(self.done));
        if self.total == Some(self.done) {
            self.end();
        }
    }

    fn end(&mut self) {
        if self.said.take().is_some() {
            let _ = writeln!(std::io::stderr());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_stands_beside_its_file() {
        assert_eq!(part_of(Path::new("a/b.json")).expect("a name"), Path::new("a/.b.json.part"));
        assert!(part_of(Path::new("/")).is_err());
        assert_eq!(escaped("prm_1&x=ä"), "prm_1%26x%3D%C3%A4");
    }
}
