//! The page's files: from the binary, or from the folder that `ETUDE_SITE_DIR` names.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

use anyhow::Context;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use bytes::Bytes;

/// The script that runs in a worker of its own.
const WORKER: &str = "islands/worker.js";
/// It loads its chunks, and reaches nothing else.
const WORKER_POLICY: &str = "default-src 'none'; script-src 'self'";

/// The files of the page, in memory: a few hundred kilobytes.
pub struct Assets {
    files: HashMap<String, File>,
    /// Names the script, the style and the WebAssembly of this build.
    build: String,
    /// Read again on every request: someone is changing them.
    watched: Option<PathBuf>,
}

#[derive(Clone)]
struct File {
    bytes: Bytes,
    brotli: Option<Bytes>,
    etag: HeaderValue,
}

#[cfg(feature = "bundle")]
#[derive(rust_embed::RustEmbed)]
#[folder = "$ETUDE_BUNDLE_SITE"]
struct Bundle;

#[cfg(feature = "bundle")]
fn bundled() -> Option<HashMap<String, Bytes>> {
    // Names the bundle, so that cargo compiles this again when a file in it is new.
    let _ = option_env!("ETUDE_BUNDLE_STAMP");
    let bytes = |file: rust_embed::EmbeddedFile| match file.data {
        std::borrow::Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        std::borrow::Cow::Owned(bytes) => bytes.into(),
    };
    Some(Bundle::iter().filter_map(|name| Some((name.to_string(), bytes(Bundle::get(&name)?)))).collect())
}

#[cfg(not(feature = "bundle"))]
fn bundled() -> Option<HashMap<String, Bytes>> {
    None
}

impl Assets {
    /// Loads the files: of `ETUDE_SITE_DIR` where it is set, else those in the binary, else those that
    /// `cargo leptos` built.
    ///
    /// # Errors
    /// When a file cannot be read, or there is none.
    pub fn load() -> anyhow::Result<Self> {
        let watched = std::env::var_os("LEPTOS_WATCH").map(|_| PathBuf::from("target/site"));
        let folder = std::env::var_os("ETUDE_SITE_DIR").map(PathBuf::from).or(watched.clone());
        let files = match (folder, bundled()) {
            (Some(folder), _) => read_folder(&folder)?,
            (None, Some(files)) => files,
            (None, None) => anyhow::bail!(
                "this build carries no page, and ETUDE_SITE_DIR is not set. Start it with `cargo xtask serve`, or build it with `cargo xtask build`."
            ),
        };
        let build = files
            .get("pkg/build.txt")
            .map_or_else(|| "dev".into(), |build| String::from_utf8_lossy(build).trim().to_owned());
        Ok(Self { files: index(&files)?, build, watched })
    }

    /// The build that the page's script belongs to.
    #[must_use]
    pub fn build(&self) -> &str {
        &self.build
    }

    /// The folder under which script, style and WebAssembly are asked for.
    #[must_use]
    pub fn package(&self) -> String {
        if self.watched.is_some() { "pkg".into() } else { format!("pkg/{}", self.build) }
    }

    /// A file, as the browser asks for it; `None` where there is none of that path.
    #[must_use]
    pub fn get(&self, path: &str, headers: &HeaderMap) -> Option<Response<Body>> {
        let path = path.trim_start_matches('/');
        let inner = path.strip_prefix("pkg/").and_then(|rest| rest.strip_prefix(&self.build)?.strip_prefix('/'));
        let immutable = inner.is_some() && self.watched.is_none();
        let name = inner.map_or_else(|| path.to_owned(), |file| format!("pkg/{file}"));
        let file = match &self.watched {
            Some(folder) => watched_file(folder, &name)?,
            None => self.files.get(&name).cloned()?,
        };
        Some(answer(&name, file, immutable, headers))
    }
}

/// A file as it is on the disk now. `cargo leptos` does not build the islands and does not follow the imports of a style
/// sheet: those files are where they are written.
fn watched_file(folder: &Path, name: &str) -> Option<File> {
    let package = name.strip_prefix("pkg/");
    let path = match (package.and_then(|name| name.strip_prefix("islands/")), package) {
        (Some(name), _) => Path::new("islands/dist").join(name),
        (None, Some("etude.css")) => PathBuf::from("style/main.css"),
        (None, Some(name)) if name.ends_with(".css") => Path::new("style").join(name),
        _ if name.starts_with("islands/style/") => PathBuf::from(name),
        _ => folder.join(name),
    };
    let stays = path.components().all(|part| matches!(part, Component::Normal(_)));
    let bytes = stays.then(|| std::fs::read(path)).and_then(Result::ok)?;
    index(&HashMap::from([(name.to_owned(), bytes.into())])).ok()?.remove(name)
}

fn answer(name: &str, file: File, immutable: bool, headers: &HeaderMap) -> Response<Body> {
    let asked = |header| headers.get(header).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let takes_brotli = asked(header::ACCEPT_ENCODING).split(',').any(|coding| coding.trim().starts_with("br"));
    let cache = if immutable { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut response = Response::new(Body::empty());
    let out = response.headers_mut();
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(name)));
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    out.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    out.insert(header::ETAG, file.etag.clone());
    if name.ends_with(WORKER) {
        // A worker does not inherit the page's policy; this one works on what a model wrote.
        out.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(WORKER_POLICY));
    }
    if file.etag == asked(header::IF_NONE_MATCH) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return response;
    }
    let bytes = match file.brotli {
        Some(brotli) if takes_brotli => {
            out.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
            brotli
        }
        _ => file.bytes,
    };
    *response.body_mut() = Body::from(bytes);
    response
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "js" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "ico" => "image/x-icon",
        "png" => "image/png",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn index(files: &HashMap<String, Bytes>) -> anyhow::Result<HashMap<String, File>> {
    let plain = files.iter().filter(|(name, _)| !name.ends_with(".br"));
    plain
        .map(|(name, bytes)| {
            let etag = HeaderValue::from_str(&format!("\"{:x}\"", fingerprint(bytes)))?;
            let brotli = files.get(&format!("{name}.br")).cloned();
            Ok((name.clone(), File { bytes: bytes.clone(), brotli, etag }))
        })
        .collect()
}

/// FNV-1a: tells versions of a file apart; nothing secret hangs on it.
pub fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

fn read_folder(root: &Path) -> anyhow::Result<HashMap<String, Bytes>> {
    let mut files = HashMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).with_context(|| {
            format!("the page's files in {} cannot be read; build them with `cargo xtask site`", folder.display())
        })?;
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(root)?.to_string_lossy().into_owned();
            files.insert(name, std::fs::read(&path)?.into());
        }
    }
    Ok(files)
}
