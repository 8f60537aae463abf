//! What the servers that speak OpenAI's wire differ in.

use domain::{ModelInfo, Price};
use reqwest::Url;

use crate::providers::discovery::OLLAMA_PORT;

/// Which server speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Dialect {
    /// One of which nothing is known: everything is sent, and what it says is passed on.
    #[default]
    Plain,
    /// OpenAI itself.
    OpenAi,
    /// <https://github.com/ollama/ollama/blob/main/docs/openai.md>
    Ollama,
    /// <https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md>
    LlamaCpp,
    /// <https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html>
    Vllm,
}

/// Parameters that OpenAI's reasoning models refuse
/// (<https://platform.openai.com/docs/guides/reasoning>).
const REASONING_REFUSES: [&str; 6] =
    ["temperature", "top_p", "presence_penalty", "frequency_penalty", "logprobs", "stop"];

impl Dialect {
    /// What the address alone gives away.
    #[must_use]
    pub fn of_url(url: &Url) -> Self {
        match (url.host_str().unwrap_or_default(), url.port()) {
            ("api.openai.com", _) => Self::OpenAi,
            (host, _) if host.ends_with(".openai.azure.com") => Self::OpenAi,
            (_, Some(OLLAMA_PORT)) => Self::Ollama,
            _ => Self::Plain,
        }
    }

    /// What the list of models gives away: servers sign it. (`openai` says nothing: gateways sign any model so.)
    #[must_use]
    pub fn of_owner(owned_by: &str) -> Option<Self> {
        match owned_by {
            "llamacpp" => Some(Self::LlamaCpp),
            "vllm" => Some(Self::Vllm),
            "library" => Some(Self::Ollama),
            _ => None,
        }
    }

    /// The name under which the limit of the answer's length is sent. OpenAI's reasoning models refuse the old one.
    #[must_use]
    pub fn max_tokens(self) -> &'static str {
        if self == Self::OpenAi { "max_completion_tokens" } else { "max_tokens" }
    }

    /// Fields of a client's own body that this server reads by another name alone.
    #[must_use]
    pub fn renamed(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Ollama => &[("max_completion_tokens", "max_tokens")],
            Self::Plain | Self::OpenAi | Self::LlamaCpp | Self::Vllm => &[],
        }
    }

    /// Notes what a model of this server cannot take.
    pub fn limit(self, upstream: &str, info: &mut ModelInfo) {
        let refuses: &[&str] = match self {
            Self::Plain | Self::Vllm => &[],
            // Read by newer versions, for templates that know it; its own API says so.
            Self::LlamaCpp => &["reasoning_effort"],
            Self::OpenAi => &["top_k"],
            // Fields that its compatible API does not read: they would be dropped in silence.
            Self::Ollama => &["top_k", "tool_choice", "image_url"],
        };
        info.unsupported.extend(refuses.iter().map(|name| (*name).to_owned()));
        // What such a server runs itself costs nothing; Ollama marks what it passes on to its cloud.
        if matches!(self, Self::Ollama | Self::LlamaCpp) && !upstream.ends_with("-cloud") {
            info.price = Some(Price::FREE);
        }
        if self != Self::OpenAi {
            return;
        }
        if reasons(upstream) {
            info.unsupported.extend(REASONING_REFUSES.iter().map(|name| (*name).to_owned()));
        } else if !upstream.starts_with("gpt-5") {
            info.unsupported.push("reasoning_effort".into());
        }
    }

    /// Whether a model on the list answers prompts. OpenAI lists models for sound, pictures and vectors beside them.
    #[must_use]
    pub fn chats(self, upstream: &str) -> bool {
        const OTHERS: [&str; 16] = [
            "embedding",
            "tts",
            "whisper",
            "dall-e",
            "moderation",
            "audio",
            "realtime",
            "transcribe",
            "image",
            "sora",
            "babbage",
            "davinci",
            "-instruct",
            "-codex",
            "computer-use",
            "-deep-research",
        ];
        // The pro models answer on another of its routes alone.
        let elsewhere = OTHERS.iter().any(|other| upstream.contains(other)) || upstream.contains("-pro");
        self != Self::OpenAi || !elsewhere
    }
}

/// The families whose first generation takes no sampling parameters. Later ones (gpt-5.1 and on) take them where the
/// effort is `none`: what they say is passed on.
fn reasons(upstream: &str) -> bool {
    let family = upstream.split_once('-').map_or(upstream, |(family, _)| family);
    matches!(family, "o1" | "o3" | "o4")
        || ["gpt-5", "gpt-5-mini", "gpt-5-nano", "gpt-5-pro"]
            .iter()
            .any(|name| upstream.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with("-20")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a2_what_a_reasoning_model_refuses_is_known() {
        let info = |upstream: &str| {
            let mut info = ModelInfo::named(upstream, "openai");
            Dialect::OpenAi.limit(upstream, &mut info);
            info
        };
        for upstream in ["o3-mini", "gpt-5", "gpt-5-mini-2025-08-07", "o1-2024-12-17"] {
            assert!(info(upstream).refuses("temperature"), "{upstream}");
            assert!(!info(upstream).refuses("reasoning_effort"), "{upstream}");
        }
        for upstream in ["gpt-4o", "gpt-4.1-mini", "gpt-5.1", "gpt-5-chat-latest"] {
            assert!(!info(upstream).refuses("temperature"), "{upstream}");
        }
        assert!(info("gpt-4o").refuses("top_k") && info("gpt-4o").refuses("reasoning_effort"));
    }
}
