//! Anthropic's wire: messages.

pub mod answer;
pub mod request;

/// The versions of the wire that are spoken (<https://docs.anthropic.com/en/api/versioning>), newest first. The older
/// one differs in its stream; its clients have been gone for long, and are given the newer one's.
pub const VERSIONS: [&str; 2] = ["2023-06-01", "2023-01-01"];
