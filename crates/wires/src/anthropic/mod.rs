//! Anthropic's wire: messages.

pub mod answer;
pub mod request;

/// The versions of the wire that are spoken (<https://platform.claude.com/docs/en/api/versioning>), newest first.
///
/// 2026-10-21 takes sampling parameters and two kinds of blocks away, and adds nothing: here they are taken all the
/// same, since models of other providers have them; one that goes to its vendor is judged by its vendor. 2023-01-01
/// differs in its stream; its clients have been gone for long, and are given 2023-06-01's.
pub const VERSIONS: [&str; 3] = ["2026-10-21", "2023-06-01", "2023-01-01"];
