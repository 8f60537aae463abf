//! Who comes by a link, as far as their request tells.

use axum::http::{HeaderMap, Uri, header};
use engine::shares::Visitor;

use crate::state::AppState;

/// Families of browsers and programs, by a word of what they call themselves; the first that fits.
const FAMILIES: [(&str, &str); 12] = [
    ("bot", "Bot"),
    ("crawler", "Bot"),
    ("preview", "Bot"),
    ("edg/", "Edge"),
    ("opr/", "Opera"),
    ("firefox", "Firefox"),
    ("chrome", "Chrome"),
    ("chromium", "Chrome"),
    ("safari", "Safari"),
    ("curl", "curl"),
    ("wget", "Wget"),
    ("python", "Python"),
];

/// Who has come, and by which name of ours.
pub struct Guest {
    /// What the engine is told.
    pub visitor: Visitor,
    /// Whether they sit at this machine.
    pub is_own: bool,
    /// Whether cookies travel by TLS alone.
    pub is_secure: bool,
    /// The name by which they reached us.
    pub host: String,
}

impl Guest {
    /// Reads a request.
    pub fn of(state: &AppState, uri: &Uri, headers: &HeaderMap) -> Self {
        let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        let host = text(header::HOST).or(uri.authority().map(|authority| authority.as_str()));
        Self {
            visitor: Visitor {
                opened: cookie::read(headers, cookie::OPENED),
                unlocked: cookie::read(headers, cookie::UNLOCKED),
                agent: family(text(header::USER_AGENT).unwrap_or_default()).to_owned(),
            },
            is_own: state.hosts.is_own(uri, headers),
            is_secure: state.hosts.is_secure(uri, headers),
            host: host.unwrap_or_default().to_owned(),
        }
    }
}

fn family(agent: &str) -> &'static str {
    let agent = agent.to_lowercase();
    let known = FAMILIES.iter().find(|(word, _)| agent.contains(word));
    known.map_or(if agent.is_empty() { "unknown" } else { "other" }, |(_, family)| family)
}

/// What a visitor's browser keeps: proofs that are good for one link.
pub mod cookie {
    use axum::http::{HeaderMap, HeaderValue, header};
    use axum::response::Response;
    use engine::shares::Proof;

    use super::Guest;

    /// They opened the link.
    pub const OPENED: &str = "etude_opened";
    /// They typed its passphrase.
    pub const UNLOCKED: &str = "etude_unlocked";

    /// Reads one by its name.
    pub fn read(headers: &HeaderMap, name: &str) -> Option<String> {
        let all = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
        let mut pairs = all.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
    }

    /// Gives the proof that the link was opened, where there is a new one.
    pub fn opened(response: &mut Response, guest: &Guest, token: &str, proof: Option<&Proof>) {
        if let Some(proof) = proof {
            set(response, guest, token, OPENED, proof);
        }
    }

    /// Gives the proof that the passphrase was typed.
    pub fn unlocked(response: &mut Response, guest: &Guest, token: &str, proof: &Proof) {
        set(response, guest, token, UNLOCKED, proof);
    }

    fn set(response: &mut Response, guest: &Guest, token: &str, name: &str, proof: &Proof) {
        let secure = if guest.is_secure { "; Secure" } else { "" };
        let Proof { text, ttl_s } = proof;
        let cookie = format!("{name}={text}; Path=/s/{token}; Max-Age={ttl_s}; HttpOnly; SameSite=Lax{secure}");
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_all_that_is_kept_of_an_agent() {
        for (agent, known) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox"),
            ("Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Safari/537.36", "Chrome"),
            ("Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Safari/537.36 Edg/141.0", "Edge"),
            ("Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15", "Safari"),
            ("Slackbot-LinkExpanding 1.0", "Bot"),
            ("curl/8.5.0", "curl"),
            ("my-program", "other"),
            ("", "unknown"),
        ] {
            assert_eq!(family(agent), known, "{agent}");
        }
    }

    #[test]
    fn cookies_are_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, "a=1; etude_opened=xyz".parse().expect("a value"));
        headers.append(header::COOKIE, "etude_unlocked=b=c".parse().expect("a value"));
        assert_eq!(cookie::read(&headers, cookie::OPENED).as_deref(), Some("xyz"));
        assert_eq!(cookie::read(&headers, cookie::UNLOCKED).as_deref(), Some("b=c"));
        assert_eq!(cookie::read(&headers, "etude"), None);
    }
}
