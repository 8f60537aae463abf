//! The wire view: what was really sent to a provider, and the head of its answer. Secrets are blanked before anything
//! is kept.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What stands in place of a secret.
pub const BLANK: &str = "•••";

/// One exchange with a provider: the answer of `GET /v1/runs/{id}/wire`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wire {
    /// What was sent; absent where nothing was.
    pub request: Option<WireRequest>,
    /// The head of the answer; absent where none came.
    pub response: Option<WireResponse>,
}

impl Wire {
    /// Takes what `later` has.
    pub fn merge(&mut self, later: Self) {
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
    pub body: String,
}

/// The head of the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireResponse {
    /// The HTTP status.
    pub status: u16,
    /// The headers, secrets blanked.
    pub headers: BTreeMap<String, String>,
}
