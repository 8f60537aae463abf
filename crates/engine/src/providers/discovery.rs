//! Providers that nobody has to name: keys in the environment, and servers on their usual ports of this machine.

use std::collections::BTreeMap;
use std::net::IpAddr;

use domain::Origin;

use super::registry::ProviderKind;
use crate::config::{ProviderConfig, Timeouts};

/// What an Ollama that was found is called.
pub const OLLAMA: &str = "ollama";
/// What a llama.cpp's server that was found is called.
pub const LLAMACPP: &str = "llama.cpp";
/// Where Ollama listens.
pub const OLLAMA_PORT: u16 = 11434;
/// Where llama.cpp's server listens.
const LLAMACPP_PORT: u16 = 8080;

/// Providers that the environment knows, but for those that are configured already.
///
/// The variables are those of the vendors' own clients and servers: `OPENAI_API_KEY` with `OPENAI_BASE_URL`,
/// `ANTHROPIC_API_KEY` with `ANTHROPIC_BASE_URL`, `OLLAMA_HOST`, `LLAMA_ARG_PORT`.
#[must_use]
pub fn look(environment: &BTreeMap<String, String>, configured: &[ProviderConfig]) -> Vec<ProviderConfig> {
    let text = |name: &str| environment.get(name).map(|value| value.trim()).filter(|value| !value.is_empty());
    let keyed = |name: &str, kind, variable: &str, base: &str, usual: &str| {
        let key = text(variable)?;
        let url = text(base).unwrap_or(usual);
        Some(ProviderConfig {
            api_key: Some(key.to_owned().into()),
            api_key_env: Some(variable.to_owned()),
            ..provider(name, kind, url, Origin::Environment)
        })
    };
    let ollama = text("OLLAMA_HOST").map_or_else(|| local(OLLAMA_PORT), ollama_url);
    let llamacpp = text("LLAMA_ARG_PORT").and_then(|port| port.parse().ok()).unwrap_or(LLAMACPP_PORT);
    let all = [
        keyed("openai", ProviderKind::Openai, "OPENAI_API_KEY", "OPENAI_BASE_URL", "https://api.openai.com/v1"),
        keyed(
            "anthropic",
            ProviderKind::Anthropic,
            "ANTHROPIC_API_KEY",
            "ANTHROPIC_BASE_URL",
            "https://api.anthropic.com",
        ),
        Some(provider(OLLAMA, ProviderKind::Openai, &ollama, Origin::Found)),
        Some(provider(LLAMACPP, ProviderKind::Openai, &local(llamacpp), Origin::Found)),
    ];
    all.into_iter().flatten().filter(|found| !configured.iter().any(|known| is_same(known, found))).collect()
}

fn provider(name: &str, kind: ProviderKind, url: &str, origin: Origin) -> ProviderConfig {
    ProviderConfig {
        name: name.into(),
        kind,
        base_url: Some(url.into()),
        api_key_env: None,
        api_key: None,
        timeouts: Timeouts::default(),
        endpoint: Vec::new(),
        origin,
    }
}

fn local(port: u16) -> String {
    format!("http://127.0.0.1:{port}/v1")
}

/// The variables that a provider was found by.
#[must_use]
pub fn variables(name: &str) -> &'static str {
    match name {
        "openai" => "OPENAI_API_KEY and OPENAI_BASE_URL",
        "anthropic" => "ANTHROPIC_API_KEY and ANTHROPIC_BASE_URL",
        OLLAMA => "OLLAMA_HOST",
        _ => "LLAMA_ARG_PORT",
    }
}

/// Reads `OLLAMA_HOST` as Ollama's own client does (ollama/ollama, `envconfig/config.go`): scheme, host and port may
/// be missing, and the host may be the address that the server binds, which a client cannot call.
fn ollama_url(host: &str) -> String {
    let (scheme, rest) = host.split_once("://").unwrap_or(("http", host));
    let usual = match host.split_once("://") {
        Some(("http", _)) => 80,
        Some(("https", _)) => 443,
        _ => OLLAMA_PORT,
    };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let ip = authority.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().ok();
    let (host, port) = match (ip, authority.rsplit_once(':')) {
        (Some(ip), _) => (ip.to_string(), usual),
        (None, Some((host, port))) => {
            (host.trim_start_matches('[').trim_end_matches(']').to_owned(), port.parse().unwrap_or(usual))
        }
        (None, None) => (authority.to_owned(), usual),
    };
    let host = match host.parse::<IpAddr>() {
        Ok(ip) if ip.is_unspecified() => "127.0.0.1".into(),
        Ok(IpAddr::V6(ip)) => format!("[{ip}]"),
        _ if host.is_empty() => "127.0.0.1".into(),
        _ => host,
    };
    let path = path.trim_matches('/');
    let separator = if path.is_empty() { "" } else { "/" };
    format!("{scheme}://{host}:{port}{separator}{path}/v1")
}

/// Whether what was found stands in `etude.toml` already, under its name or its address.
fn is_same(known: &ProviderConfig, found: &ProviderConfig) -> bool {
    let place = |config: &ProviderConfig| {
        let url = reqwest::Url::parse(config.url()?).ok()?;
        let host = url.host_str()?.replace("localhost", "127.0.0.1");
        Some((host, url.port_or_known_default()))
    };
    known.name == found.name || place(known).is_some_and(|place_known| Some(place_known) == place(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(environment: &[(&str, &str)], configured: &[ProviderConfig]) -> Vec<(String, String)> {
        let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        look(&environment, configured)
            .into_iter()
            .map(|found| (found.name.clone(), found.url().unwrap_or_default().to_owned()))
            .collect()
    }

    #[test]
    fn keys_and_usual_ports_are_found() {
        let usual = [("ollama", "http://127.0.0.1:11434/v1"), ("llama.cpp", "http://127.0.0.1:8080/v1")]
            .map(|(name, url)| (name.to_owned(), url.to_owned()));
        assert_eq!(names(&[("OPENAI_API_KEY", " ")], &[]), usual);
        let keyed = names(&[("OPENAI_API_KEY", "sk"), ("ANTHROPIC_API_KEY", "sk")], &[]);
        assert_eq!(keyed[0].1, "https://api.openai.com/v1");
        assert_eq!(keyed[1].1, "https://api.anthropic.com");
        let moved = names(&[("OLLAMA_HOST", "0.0.0.0"), ("LLAMA_ARG_PORT", "9999")], &[]);
        assert_eq!(moved[0].1, "http://127.0.0.1:11434/v1");
        assert_eq!(moved[1].1, "http://127.0.0.1:9999/v1");
    }

    #[test]
    fn ollamas_variable_is_read_as_ollama_reads_it() {
        for (host, url) in [
            ("0.0.0.0", "http://127.0.0.1:11434/v1"),
            (":11435", "http://127.0.0.1:11435/v1"),
            ("::1", "http://[::1]:11434/v1"),
            ("[::]:99", "http://127.0.0.1:99/v1"),
            ("box", "http://box:11434/v1"),
            ("box:99999", "http://box:11434/v1"),
            ("http://box", "http://box:80/v1"),
            ("https://box/ollama/", "https://box:443/ollama/v1"),
        ] {
            assert_eq!(ollama_url(host), url, "{host}");
            assert!(reqwest::Url::parse(url).is_ok());
        }
    }

    #[test]
    fn what_is_configured_is_not_found_again() {
        let own = provider("mine", ProviderKind::Openai, "http://localhost:11434/v1", Origin::File);
        assert!(names(&[], &[own]).iter().all(|(name, _)| name != "ollama"));
        let own = provider("openai", ProviderKind::Openai, "http://127.0.0.1:1/v1", Origin::File);
        assert!(names(&[("OPENAI_API_KEY", "sk")], &[own]).iter().all(|(name, _)| name != "openai"));
    }
}
