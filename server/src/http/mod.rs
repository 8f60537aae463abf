//! HTTP in, HTTP out. No rules: parse, ask the engine, answer.

pub mod carry;
pub mod clients;
pub mod docs;
pub mod fallback;
mod feed;
pub mod headers;
pub mod json;
pub mod live;
pub mod models;
pub mod openapi;
pub mod operations;
pub mod origin;
pub mod path;
pub mod presets;
pub mod problem;
pub mod request_id;
pub mod runs;
pub mod shared;
pub mod shares;
pub mod sse;
