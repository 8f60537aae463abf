//! The real binary, over HTTP, with the scripted upstream and the embedded model.
#![allow(clippy::disallowed_methods, reason = "what is waited for here is real time")]

mod api;
mod carry;
mod clients;
mod closed;
mod comparisons;
mod crash;
mod discovery;
mod disk;
mod embedded;
mod harness;
mod history;
mod live;
mod openapi;
mod page;
mod presets;
mod resume;
mod secrets;
mod shares;
mod shares_budget;
mod shares_comparison;
mod shutdown;
mod startup;
mod wires;
