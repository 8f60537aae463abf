//! Plain data and pure rules: what a run is, what an event is, what may be asked.
//!
//! Knows no I/O, no clock, no async; compiles to WebAssembly, so that the page and the server share
//! one definition of every word.
//!
//! | module | what stands there |
//! |---|---|
//! | [`carry`] | what came of an import |
//! | [`change`] | what differs between two versions, apart from the words |
//! | [`chat`] | messages, tools, response format: what a model is given |
//! | [`comparison`] | columns over rows of inputs |
//! | [`diff`] | what differs between two versions of a text, or between two answers |
//! | [`draft`] | what stands in the fields of a tab |
//! | [`error`] | the public error, its codes and their statuses |
//! | [`event`] | the events of a run's log |
//! | [`fields`] | an object whose fields are read one by one, the rest as they came |
//! | [`history`] | which runs to list, and where a run comes from |
//! | [`id`] | ids: a prefix and 32 hex digits |
//! | [`image`] | pictures in a message |
//! | [`limits`] | every limit, by name and unit |
//! | [`live`] | frames of the tab's one connection |
//! | [`merge`] | two versions of one parent, made into one |
//! | [`model`] | what a user picks: context, price, ranges |
//! | [`params`] | temperature and its kind, with their checks |
//! | [`pretty`] | JSON for reading, every token as it was |
//! | [`prompt`] | prompts, their versions and labels; presets as the API has them |
//! | [`provider`] | who serves models, as the page shows and adds them |
//! | [`run`] | a run as asked for and as kept |
//! | [`share`] | links that show something to whoever has them |
//! | [`strict`] | JSON in, with errors that name the field and suggest another |
//! | [`template`] | `{{name}}`: finding and filling |
//! | [`tool_choice`] | whether a tool must be called, in either vendor's words |
//! | [`view`] | the fold of events into what a run has become |
//! | [`wire`] | the wires by name; what was sent, and the head of the answer |

pub mod carry;
pub mod change;
pub mod chat;
pub mod comparison;
pub mod diff;
pub mod draft;
pub mod error;
pub mod event;
pub mod fields;
pub mod history;
pub mod id;
pub mod image;
pub mod limits;
pub mod live;
pub mod merge;
pub mod model;
pub mod params;
pub mod pretty;
pub mod prompt;
pub mod provider;
pub mod run;
pub mod share;
pub mod strict;
pub mod template;
pub mod tool_choice;
pub mod view;
pub mod wire;

pub use carry::{Imported, Refused, Undone};
pub use chat::{ChatMessage, Content, Part, ResponseFormat, Role, ToolCall};
pub use comparison::{Cell, CellScope, CellStatus, Comparison, ComparisonSpec};
pub use draft::{DraftSummary, KeptDraft};
pub use error::{ApiError, Code, Upstream};
pub use event::{Event, EventKind, FinishReason, RunEvent, TokenLogprob, TopLogprob, Usage};
pub use history::{Lineage, RunFilter};
pub use id::{ComparisonId, DraftId, ImportId, PromptId, ProviderId, RunId, ShareId, UserId, VersionId, WorkspaceId};
pub use image::{Image, ImageSource};
pub use model::{ModelInfo, ModelStatus, Price, Range};
pub use params::Params;
pub use prompt::{NewVersion, Preset, PromptContent, PromptSummary, VersionInfo, Which};
pub use provider::{AddedProvider, NewProvider, Origin, Probe, ProviderInfo, Speaks};
pub use run::{Choice, NewRun, Output, Run, RunStatus, RunSummary};
pub use share::{NewShare, Share, ShareScope, ShareView, Shared};
pub use tool_choice::ToolChoice;
pub use view::RunView;
pub use wire::{ClientWire, Vendor, Wire, WireRequest, WireResponse};
