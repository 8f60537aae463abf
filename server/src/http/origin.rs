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
}

impl Hosts {
    /// Loopback names, the address that is listened on, and the host of `public_url` for shared pages.
    #[must_use]
    pub fn new(addr: SocketAddr, public_url: Option<&str>) -> Self {
        let public = public_url.and_then(|url| url.parse::<Uri>().ok()?.host().map(str::to_ascii_lowercase));
        Self { addr, public }
    }

    fn answers(&self, host: &str, path: &str) -> bool {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let name = bare.trim_end_matches('.').to_ascii_lowercase();
        if name == "localhost" || name.ends_with(".localhost") {
            return true;
        }
        if let Ok(ip) = bare.parse::<std::net::IpAddr>() {
            return ip.to_canonical().is_loopback() || ip == self.addr.ip();
        }
        let shared = ["/s/", "/pkg/", "/fonts/", "/favicon"].iter().any(|prefix| path.starts_with(prefix));
        self.public.as_deref() == Some(&name) && shared
    }
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
    let authority = text(header::HOST)
        .and_then(|host| host.parse::<Authority>().ok())
        .or_else(|| uri.authority().cloned())
        .ok_or_else(|| ApiError::new(Code::ForeignHost, "The request names no host."))?;
    if authority.as_str().contains('@') || !hosts.answers(authority.host(), uri.path()) {
        return Err(ApiError::new(
            Code::ForeignHost,
            format!("This server does not answer for `{}`.", authority.host()),
        )
        .hint("Use http://127.0.0.1 with the server's port."));
    }
    let upgrade = text(header::UPGRADE).is_some_and(|kind| kind.eq_ignore_ascii_case("websocket"));
    match headers.get(header::ORIGIN) {
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
            ("etude.example", "/v1/runs", 421),
            ("169.254.169.254", "/", 421),
        ] {
            assert_eq!(status(&Method::GET, path, &[("host", host)]), want, "{host}{path}");
        }
        assert_eq!(status(&Method::GET, "/", &[]), 421);
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
