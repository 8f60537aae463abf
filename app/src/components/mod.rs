//! What is shown, one file for each thing. Values down, callbacks up.

mod announcer;
mod answer;
pub mod banner;
pub mod control;
pub mod failure;
pub mod figures;
pub mod growing;
pub mod header;
pub mod icon;
pub mod inputs;
pub mod message;
pub mod output;
pub mod params;
mod reader;
pub mod status;
pub mod theme;
pub mod welcome;
pub mod workbench;
