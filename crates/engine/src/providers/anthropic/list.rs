//! Which models Anthropic lists, and what is known of each.

use domain::limits::UPSTREAM_MODELS_MAX;
use domain::{ModelInfo, Range};
use serde::Deserialize;

use crate::providers::Listed;

/// `max_tokens` where none is given and the model's own limit is not known: every model takes that many.
pub const MAX_TOKENS_USUAL: u32 = 4_096;

/// `GET /v1/models` (<https://docs.anthropic.com/en/api/models-list>).
#[derive(Deserialize)]
pub struct List {
    data: Vec<Entry>,
}

/// One model on the list.
#[derive(Deserialize)]
struct Entry {
    id: String,
    /// RFC 3339.
    #[serde(default)]
    created_at: Option<String>,
    #[serde(default)]
    max_input_tokens: Option<u32>,
    #[serde(default)]
    max_tokens: Option<u32>,
    #[serde(default)]
    capabilities: Option<Capabilities>,
}

/// What a model can do, where the list says so.
#[derive(Deserialize)]
struct Capabilities {
    #[serde(default)]
    effort: Option<Capability>,
    #[serde(default)]
    image_input: Option<Capability>,
    #[serde(default)]
    structured_outputs: Option<Capability>,
}

#[derive(Deserialize)]
struct Capability {
    supported: bool,
}

impl Capabilities {
    fn apply(&self, info: &mut ModelInfo) {
        if let Some(images) = &self.image_input {
            info.images = images.supported;
        }
        for (name, capability) in [("reasoning_effort", &self.effort), ("response_format", &self.structured_outputs)] {
            let Some(capability) = capability else { continue };
            info.unsupported.retain(|known| known != name);
            if !capability.supported {
                info.unsupported.push(name.into());
            }
        }
    }
}

impl List {
    /// The models on it.
    #[must_use]
    pub fn models(self, provider: &str) -> Vec<Listed> {
        let models = self.data.into_iter().take(UPSTREAM_MODELS_MAX).map(|entry| {
            let mut info = describe(&entry.id, provider);
            info.created_s = entry.created_at.as_deref().and_then(seconds);
            info.context_tokens = entry.max_input_tokens;
            info.output_tokens_max = entry.max_tokens;
            if let Some(capabilities) = &entry.capabilities {
                capabilities.apply(&mut info);
            }
            Listed { upstream: entry.id, info }
        });
        models.collect()
    }
}

/// Seconds since 1970 of a time in RFC 3339.
fn seconds(time: &str) -> Option<i64> {
    let time = humantime::parse_rfc3339(time).ok()?;
    i64::try_from(time.duration_since(std::time::UNIX_EPOCH).ok()?.as_secs()).ok()
}

/// What is known of a model by its name: what every model on this wire refuses, and what its generation does
/// (<https://docs.anthropic.com/en/docs/about-claude/models/migrating-to-claude-4>: no prefill from 4.6 on, no
/// sampling parameters from 4.7 on, effort from 4.6 on and in Opus 4.5).
#[must_use]
pub fn describe(upstream: &str, provider: &str) -> ModelInfo {
    let mut info = ModelInfo::named(upstream, provider);
    info.ranges.insert("temperature".into(), Range { min: 0.0, max: 1.0 });
    info.unsupported = ["seed", "presence_penalty", "frequency_penalty", "logprobs"].map(String::from).to_vec();
    let generation = generation(upstream);
    if generation.is_some_and(|generation| generation >= (4, 7)) {
        info.unsupported.extend(["temperature", "top_p", "top_k"].map(String::from));
    }
    if generation.is_some_and(|generation| generation >= (4, 6)) {
        info.unsupported.push("prefill".into());
    } else if generation.is_some() && !upstream.starts_with("claude-opus-4-5") {
        info.unsupported.push("reasoning_effort".into());
    }
    info.defaults.max_tokens = Some(MAX_TOKENS_USUAL);
    info
}

/// The version in a name: `claude-opus-4-5-20251101` is (4, 5), `claude-3-5-haiku-latest` is (3, 5).
fn generation(upstream: &str) -> Option<(u32, u32)> {
    // A date is longer than any version.
    let number = |part: &str| (part.len() <= 2).then(|| part.parse::<u32>().ok()).flatten();
    let mut parts = upstream.strip_prefix("claude-")?.split('-').skip_while(|part| number(part).is_none());
    let major = parts.next().and_then(number)?;
    Some((major, parts.next().and_then(number).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vendors_list_is_read() {
        let list: List =
            serde_json::from_str(include_str!("../../../tests/wires/models/anthropic.json")).expect("a list");
        let models = list.models("anthropic");
        assert!(!models.is_empty());
        let older: List =
            serde_json::from_str(include_str!("../../../tests/wires/models/anthropic-older.json")).expect("a list");
        let older = &older.models("anthropic")[0].info;
        assert_eq!((older.context_tokens, older.created_s), (None, Some(1_740_355_200)), "older lists tell little");
        assert_eq!(models[0].info.range("temperature").max, 1.0);
        assert!(models[0].info.refuses("seed"));
    }

    #[test]
    fn a2_a_generation_is_known_by_its_name() {
        for (upstream, want) in [
            ("claude-opus-4-5-20251101", Some((4, 5))),
            ("claude-sonnet-4-20250514", Some((4, 0))),
            ("claude-3-5-haiku-latest", Some((3, 5))),
            ("claude-sonnet-5", Some((5, 0))),
            ("mock-n4", None),
        ] {
            assert_eq!(generation(upstream), want, "{upstream}");
        }
        assert!(describe("claude-opus-4-7", "a").refuses("temperature"));
        assert!(describe("claude-sonnet-4-6", "a").refuses("prefill"));
        let older = describe("claude-sonnet-4-5", "a");
        assert!(older.refuses("reasoning_effort") && !older.refuses("temperature") && !older.refuses("prefill"));
    }
}
