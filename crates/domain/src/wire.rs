//! Who speaks to us and to whom we speak: the wires by name, and the wire view, which is what a client sent, what was
//! really sent to a provider, and the head of its answer. Secrets are blanked before anything is kept.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// What stands in place of a secret.
pub const BLANK: &str = "•••";

/// Whose words a wire has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Vendor {
    /// OpenAI's.
    Openai,
    /// Anthropic's.
    Anthropic,
}

impl Vendor {
    /// The name, for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Openai => "OpenAI",
            Self::Anthropic => "Anthropic",
        }
    }
}

/// The wire that a client asked over: an SDK's route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ClientWire {
    /// `POST /v1/chat/completions`.
    #[serde(rename = "openai.chat")]
    Chat,
    /// `POST /v1/completions`.
    #[serde(rename = "openai.completions")]
    Completions,
    /// `POST /v1/responses`.
    #[serde(rename = "openai.responses")]
    Responses,
    /// `POST /v1/messages`.
    #[serde(rename = "anthropic.messages")]
    Messages,
}

impl ClientWire {
    /// Every one of them.
    pub const ALL: [Self; 4] = [Self::Chat, Self::Completions, Self::Responses, Self::Messages];

    /// The word in JSON and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "openai.chat",
            Self::Completions => "openai.completions",
            Self::Responses => "openai.responses",
            Self::Messages => "anthropic.messages",
        }
    }

    /// The wire with that word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|wire| wire.as_str() == word)
    }

    /// The name, for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Chat => "OpenAI chat completions",
            Self::Completions => "OpenAI completions",
            Self::Responses => "OpenAI responses",
            Self::Messages => "Anthropic messages",
        }
    }

    /// Whose words it has.
    #[must_use]
    pub const fn vendor(self) -> Vendor {
        match self {
            Self::Chat | Self::Completions | Self::Responses => Vendor::Openai,
            Self::Messages => Vendor::Anthropic,
        }
    }
}

/// One exchange with a provider: the answer of `GET /v1/runs/{id}/wire`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wire {
    /// What the client sent, as it came; absent where the run was asked for over Etude's own API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<WireRequest>,
    /// What was sent; absent where nothing was.
    pub request: Option<WireRequest>,
    /// The head of the answer; absent where none came.
    pub response: Option<WireResponse>,
}

impl Wire {
    /// Takes what `later` has.
    pub fn merge(&mut self, later: Self) {
        self.client = later.client.or(self.client.take());
        self.request = later.request.or(self.request.take());
        self.response = later.response.or(self.response.take());
    }
}

/// What was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireRequest {
    /// The HTTP method; of the embedded model the frame's name.
    pub method: String,
    /// Where to, without a user's name and password.
    pub url: String,
    /// The headers, secrets blanked.
    pub headers: BTreeMap<String, String>,
    /// The body as it was sent.
    pub body: Arc<str>,
}

/// The head of the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireResponse {
    /// The HTTP status.
    pub status: u16,
    /// The headers, secrets blanked.
    pub headers: BTreeMap<String, String>,
}
