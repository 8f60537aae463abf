//! Closed to strangers: foreign hosts, other sites, foreign WebSocket origins.
//!
//! Without accounts whoever reaches the server is its user. A page of another site must not be one: its
//! requests carry `Origin` or `Sec-Fetch-Site`; a name that someone points at 127.0.0.1 (DNS rebinding) shows in
//! `Host`; and WebSocket handshakes are exempt from CORS, so each needs our own `Origin`.

use std::net::SocketAddr;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, Uri, header, uri::Authority};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::{ApiError, Code};

use super::problem::Refusal;
use crate::state::AppState;

/// Whom the server answers for.
#[derive(Debug, Clone)]
pub struct Hosts {
    addr: SocketAddr,
    public: Option<String>,
    /// Whether `public_url` is https.
    is_secure: bool,
}

/// How a host stands to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// It names this machine: whoever asks is its user.
    Own,
    /// It is the host of `public_url`.
    Public,
    Foreign,
}

impl Hosts {
    /// Loopback names, the address that is listened on, and the host of `public_url` for shared pages.
    #[must_use]
    pub fn new(addr: SocketAddr, public_url: Option<&str>) -> Self {
        let url = public_url.and_then(|url| url.parse::<Uri>().ok());
        let is_secure = url.as_ref().and_then(Uri::scheme_str) == Some("https");
        Self { addr, public: url.and_then(|url| url.host().map(str::to_ascii_lowercase)), is_secure }
    }

    fn standing(&self, host: &str, headers: &HeaderMap) -> Standing {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let name = bare.trim_end_matches('.').to_ascii_lowercase();
        let is_own = match bare.parse::<std::net::IpAddr>() {
            Ok(ip) => ip.to_canonical().is_loopback() || ip == self.addr.ip(),
            Err(_) => name == "localhost" || name.ends_with(".localhost"),
        };
        // A proxy before the public address may call us by our own name: what has come through one is not our user's.
        let is_passed_on = self.public.is_some() && PASSED_ON.iter().any(|header| headers.contains_key(*header));
        match (is_own, self.public.as_deref() == Some(&name)) {
            (true, _) if !is_passed_on => Standing::Own,
            (true, _) | (_, true) => Standing::Public,
            _ => Standing::Foreign,
        }
    }

    fn answers(&self, host: &str, path: &str, headers: &HeaderMap) -> bool {
        match self.standing(host, headers) {
            Standing::Own => true,
            Standing::Public => is_shared(path),
            Standing::Foreign => false,
        }
    }

    /// Whether a request has come by a name of this machine: then whoever asks is its user.
    #[must_use]
    pub fn is_own(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        authority(uri, headers).is_some_and(|authority| self.standing(authority.host(), headers) == Standing::Own)
    }

    /// Whether a request has come by the public address, and that is https.
    #[must_use]
    pub fn is_secure(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        let is_public = |authority: Authority| self.standing(authority.host(), headers) == Standing::Public;
        self.is_secure && authority(uri, headers).is_some_and(is_public)
    }
}

/// Headers that a proxy adds.
const PASSED_ON: [&str; 3] = ["forwarded", "x-forwarded-for", "x-forwarded-host"];

/// Shared pages and what they load: all that the public address has without accounts.
fn is_shared(path: &str) -> bool {
    let part = |file: &str| file.ends_with("/share.css") || file == "share.css" || file.contains("islands/");
    ["/s/", "/fonts/", "/favicon"].iter().any(|prefix| path.starts_with(prefix))
        || path.strip_prefix("/pkg/").is_some_and(part)
}

fn authority(uri: &Uri, headers: &HeaderMap) -> Option<Authority> {
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok());
    host.and_then(|host| host.parse().ok()).or_else(|| uri.authority().cloned())
}

/// Refuses requests of strangers.
pub async fn guard(State(state): State<AppState>, request: Request, next: Next) -> Response {
    match check(&state.hosts, request.method(), request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(error) => Refusal::from(error).into_response(),
    }
}

fn check(hosts: &Hosts, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), ApiError> {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let authority =
        authority(uri, headers).ok_or_else(|| ApiError::new(Code::ForeignHost, "The request names no host."))?;
    if authority.as_str().contains('@') || !hosts.answers(authority.host(), uri.path(), headers) {
        return Err(ApiError::new(
            Code::ForeignHost,
            format!("This server does not answer for `{}`.", authority.host()),
        )
        .hint("Use http://127.0.0.1 with the server's port."));
    }
    let upgrade = text(header::UPGRADE).is_some_and(|kind| kind.eq_ignore_ascii_case("websocket"));
    match headers.get(header::ORIGIN) {
        // A form of a page without a referrer has none to give; the browser itself says where it comes from.
        Some(origin) if origin == "null" && is_shared_form(method, uri, headers) => {}
        Some(origin) if !origin.to_str().is_ok_and(|origin| is_ours(origin, &authority)) => {
            return Err(stranger("It comes from a page of another origin."));
        }
        None if upgrade => return Err(stranger("A WebSocket needs an Origin, and it must be this server's own.")),
        _ => {}
    }
    let site = headers.get("sec-fetch-site").and_then(|value| value.to_str().ok()).unwrap_or("none");
    let navigates = matches!(*method, Method::GET | Method::HEAD)
        && headers.get("sec-fetch-mode").is_some_and(|mode| mode == "navigate")
        && headers.get("sec-fetch-dest").is_none_or(|dest| dest == "document");
    if matches!(site, "same-origin" | "none") || navigates {
        Ok(())
    } else {
        Err(stranger("It comes from another site."))
    }
}

fn is_shared_form(method: &Method, uri: &Uri, headers: &HeaderMap) -> bool {
    let says = |name: &str, what: &str| headers.get(name).is_some_and(|value| value == what);
    *method == Method::POST
        && uri.path().starts_with("/s/")
        && says("sec-fetch-site", "same-origin")
        && says("sec-fetch-mode", "navigate")
}

fn stranger(why: &str) -> ApiError {
    ApiError::new(Code::CrossSite, format!("The request was refused. {why}"))
        .hint("Open the page from this server itself, or call the API from a program.")
}

fn is_ours(origin: &str, host: &Authority) -> bool {
    let Ok(origin) = origin.parse::<Uri>() else { return false };
    let usual = match origin.scheme_str() {
        Some("http") => 80,
        Some("https") => 443,
        _ => return false,
    };
    origin.authority().is_some_and(|authority| {
        authority.host().eq_ignore_ascii_case(host.host())
            && authority.port_u16().unwrap_or(usual) == host.port_u16().unwrap_or(usual)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(method: &Method, path: &str, headers: &[(&'static str, &str)]) -> u16 {
        let hosts = Hosts::new("127.0.0.1:3000".parse().expect("an address"), Some("https://etude.example"));
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (header::HeaderName::from_static(name), value.parse().expect("a value")))
            .collect();
        check(&hosts, method, &path.parse().expect("a path"), &headers)
            .map_or_else(|error| error.code.status(), |()| 200)
    }

    #[test]
    fn k1_answers_for_itself_alone() {
        for (host, path, want) in [
            ("127.0.0.1:3000", "/", 200),
            ("localhost:3000", "/", 200),
            ("[::1]:3000", "/", 200),
            ("evil.example", "/", 421),
            ("127.0.0.1.evil.example", "/", 421),
            ("localhost@evil.example", "/", 421),
            ("etude.example", "/s/x", 200),
            ("Etude.Example.:443", "/s/x/events", 200),
            ("etude.example", "/pkg/b/share.css", 200),
            ("etude.example", "/pkg/b/islands/share.js", 200),
            ("etude.example", "/fonts/inter.woff2", 200),
            ("etude.example", "/favicon.svg", 200),
            ("etude.example", "/v1/runs", 421),
            ("etude.example", "/", 421),
            ("etude.example", "/api/start", 421),
            ("etude.example", "/pkg/b/etude.wasm", 421),
            ("etude.example", "/pkg/b/etude.css", 421),
            ("etude.example", "/s", 421),
            ("169.254.169.254", "/", 421),
        ] {
            assert_eq!(status(&Method::GET, path, &[("host", host)]), want, "{host}{path}");
        }
        assert_eq!(status(&Method::GET, "/", &[]), 421);
    }

    #[test]
    fn k1_what_a_proxy_passes_on_is_not_our_users() {
        for (name, value) in [("x-forwarded-for", "203.0.113.9"), ("x-forwarded-host", "x"), ("forwarded", "for=x")] {
            let headers = [("host", "127.0.0.1:3000"), (name, value)];
            assert_eq!(status(&Method::GET, "/v1/runs", &headers), 421, "{name}");
            assert_eq!(status(&Method::GET, "/s/x", &headers), 200, "{name}");
        }
    }

    #[test]
    fn e1_forms_of_shared_pages_come_through_a_proxy_with_tls() {
        let host = ("host", "etude.example");
        let navigates = [("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "navigate")];
        let post = |more: &[(&'static str, &str)]| status(&Method::POST, "/s/x/unlock", &[&[host], more].concat());
        assert_eq!(post(&[("origin", "https://etude.example")]), 200);
        assert_eq!(post(&[("origin", "https://evil.example")]), 403);
        assert_eq!(post(&[("origin", "null")]), 403);
        assert_eq!(post(&[&[("origin", "null")], &navigates[..]].concat()), 200);
        assert_eq!(post(&[("origin", "null"), ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")]), 403);
        let own = [&[("host", "127.0.0.1:3000"), ("origin", "null")], &navigates[..]].concat();
        assert_eq!(status(&Method::POST, "/s/x/unlock", &own), 200);
        assert_eq!(status(&Method::POST, "/v1/runs", &own), 403, "for shared pages alone");
    }

    #[test]
    fn k1_cookies_are_secure_by_the_public_address_alone() {
        let hosts = Hosts::new("127.0.0.1:3000".parse().expect("an address"), Some("https://etude.example"));
        let uri: Uri = "/s/x".parse().expect("a path");
        for (host, own, secure) in
            [("127.0.0.1:3000", true, false), ("etude.example", false, true), ("x", false, false)]
        {
            let headers: HeaderMap = [(header::HOST, host.parse().expect("a host"))].into_iter().collect();
            assert_eq!((hosts.is_own(&uri, &headers), hosts.is_secure(&uri, &headers)), (own, secure), "{host}");
        }
    }

    #[test]
    fn k1_refuses_other_sites() {
        let host = ("host", "localhost:3000");
        for (method, more, want) in [
            (Method::POST, vec![("origin", "http://localhost:3000")], 200),
            (Method::POST, vec![("origin", "http://localhost:8080")], 403),
            (Method::POST, vec![("origin", "null")], 403),
            (Method::GET, vec![("origin", "https://evil.example")], 403),
            (Method::POST, vec![("sec-fetch-site", "cross-site")], 403),
            (Method::POST, vec![("sec-fetch-site", "same-site")], 403),
            (Method::GET, vec![("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")], 403),
            (
                Method::GET,
                vec![("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")],
                200,
            ),
            (
                Method::GET,
                vec![("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")],
                403,
            ),
            (Method::GET, vec![("upgrade", "websocket")], 403),
            (Method::GET, vec![("upgrade", "WebSocket"), ("origin", "http://localhost:3000")], 200),
            (Method::GET, vec![("upgrade", "websocket"), ("origin", "http://evil.example")], 403),
        ] {
            let headers: Vec<_> = more.iter().copied().chain([host]).collect();
            assert_eq!(status(&method, "/v1/live", &headers), want, "{method} {more:?}");
        }
    }
}
