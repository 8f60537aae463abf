//! The events of a run's log.
//!
//! `seq` is dense from 0 and is the SSE `id`; the kind's name is the SSE `event`; the rest is `data`.

mod data;

use serde::{Deserialize, Serialize};

use crate::error::ApiError;
use crate::id::RunId;
use crate::params::Params;

/// One entry of a run's log.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Dense from 0.
    pub seq: u64,
    /// Milliseconds since the run was created. Compaction keeps it.
    pub at_ms: u64,
    /// What happened.
    pub body: RunEvent,
}

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident($data:ty) = $text:literal;)*) => {
        /// The kind of an event: its name on every wire.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum EventKind {
            $($(#[$doc])* #[serde(rename = $text)] $name,)*
        }

        impl EventKind {
            /// Every kind there is.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The name on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The kind with that name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$name),)* _ => None }
            }
        }

        /// What happened in a run.
        #[derive(Debug, Clone, PartialEq)]
        pub enum RunEvent {
            $($(#[$doc])* $name($data),)*
        }

        impl RunEvent {
            /// The kind of this event.
            #[must_use]
            pub const fn kind(&self) -> EventKind {
                match self { $(Self::$name(_) => EventKind::$name,)* }
            }
        }

        impl Event {
            /// The event's `data`, as JSON on one line.
            #[must_use]
            pub fn data(&self) -> String {
                let mut out = Vec::new();
                self.write_data(&mut out);
                String::from_utf8(out).expect("JSON is text")
            }

            /// Appends the event's `data` to what is being put together, as JSON on one line.
            pub fn write_data(&self, out: &mut Vec<u8>) {
                match &self.body { $(RunEvent::$name(data) => data::encode(self.at_ms, data, out),)* }
            }

            /// Reads what [`Event::data`] wrote.
            ///
            /// # Errors
            /// When `data` is not JSON of that kind.
            pub fn read(seq: u64, kind: EventKind, data: &str) -> Result<Self, serde_json::Error> {
                let at_ms = data::at_ms(data)?;
                let body = match kind {
                    $(EventKind::$name => RunEvent::$name(serde_json::from_str(data)?),)*
                };
                Ok(Self { seq, at_ms, body })
            }
        }
    };
}

events! {
    /// Admitted, and waiting.
    Queued(Queued) = "run.queued";
    /// A model is at work.
    Started(Started) = "run.started";
    /// Text of the answer.
    Delta(Delta) = "delta";
    /// Text of the reasoning before the answer.
    Reasoning(Reasoning) = "reasoning.delta";
    /// A piece of a tool call.
    ToolCall(ToolCallDelta) = "tool_call.delta";
    /// Something a person should know.
    Notice(Notice) = "notice";
    /// The end: with an answer, or cancelled.
    Finished(Finished) = "run.finished";
    /// The end: with an error.
    Failed(Failed) = "run.failed";
}

impl EventKind {
    /// Whether a log ends with it.
    #[must_use]
    pub const fn is_end(self) -> bool {
        matches!(self, Self::Finished | Self::Failed)
    }
}

/// Admitted, and waiting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Queued {
    /// The run.
    pub run: RunId,
    /// 1 is next.
    pub position: u32,
    /// Expected wait in milliseconds, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimate_ms: Option<u64>,
    /// What it waits for, in a sentence.
    pub reason: String,
}

/// A model is at work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Started {
    /// The run.
    pub run: RunId,
    /// The model that was asked for.
    pub model: String,
    /// The model that answers.
    pub resolved_model: String,
    /// Who serves it.
    pub provider: String,
    /// At which address.
    pub endpoint: String,
    /// Whether the answer comes from the response cache.
    pub cached: bool,
    /// Microseconds since 1970, UTC.
    pub started_at: i64,
    /// The parameters in force: what was asked for, and the model's documented default where the
    /// sampler needs a value and none was given (A2).
    #[serde(default)]
    pub params: Params,
    /// Tokens of the prompt, where they are known already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_tokens: Option<u64>,
}

/// Text of the answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Delta {
    /// Which choice it belongs to.
    #[serde(default)]
    pub index: u32,
    /// The text.
    pub text: String,
    /// One for each token of the text, where asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub logprobs: Vec<TokenLogprob>,
}

/// A token and how likely it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TokenLogprob {
    /// The token's text.
    pub token: String,
    /// Natural logarithm of its probability.
    #[serde(with = "finite")]
    pub logprob: f32,
    /// The likeliest alternatives, best first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub top: Vec<TopLogprob>,
}

/// An alternative to a token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TopLogprob {
    /// The token's text.
    pub token: String,
    /// Natural logarithm of its probability.
    #[serde(with = "finite")]
    pub logprob: f32,
}

/// JSON has no infinity: a probability of 0 is written as the smallest logarithm there is, so that whatever a
/// provider sends can be read back.
mod finite {
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(logprob: &f32, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f32(if logprob.is_nan() { f32::MIN } else { logprob.clamp(f32::MIN, f32::MAX) })
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f32, D::Error> {
        Ok(Option::<f32>::deserialize(deserializer)?.unwrap_or(f32::MIN))
    }
}

/// Text of the reasoning before the answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Reasoning {
    /// The text.
    #[serde(default)]
    pub text: String,
    /// Which choice it belongs to.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub choice: u32,
    /// The provider's seal under what came before it: it wants it back with the next turn (Anthropic).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// Reasoning that the provider does not show, sealed; it wants it back, too (Anthropic).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redacted: Option<String>,
}

/// A piece of a tool call.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ToolCallDelta {
    /// Which call of the answer, from 0.
    pub index: u32,
    /// Which choice it belongs to.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub choice: u32,
    /// The provider's id of the call, with its first piece.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The tool, with the first piece.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// More of the arguments' JSON text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub arguments: String,
}

/// Something a person should know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// For programs.
    pub code: String,
    /// For people.
    pub message: String,
}

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// The model or a stop sequence ended it.
    Stop,
    /// `max_tokens` or the context was reached.
    Length,
    /// The model waits for a tool.
    ToolCalls,
    /// A filter ended it.
    Filtered,
    /// Someone asked for it.
    Cancelled,
}

impl FinishReason {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
            Self::ToolCalls => "tool_calls",
            Self::Filtered => "filtered",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Tokens that a run used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// In the prompt.
    pub input_tokens: u64,
    /// In the answer, reasoning included.
    pub output_tokens: u64,
    /// Of the prompt, how many came from a cache.
    #[serde(default)]
    pub cached_input_tokens: u64,
    /// Of the answer, how many were reasoning.
    #[serde(default)]
    pub reasoning_tokens: u64,
    /// Of the prompt, how many were written into a cache, where the provider counts them apart.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub cache_write_tokens: u64,
}

/// Whether a field says no more than its absence.
fn is_usual<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// The end: with an answer, or cancelled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finished {
    /// Why it ended.
    pub finish_reason: FinishReason,
    /// What it used.
    pub usage: Usage,
    /// Micro-dollars; absent where the price is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_micros: Option<i64>,
    /// From creation to the model's start, in milliseconds.
    pub queue_ms: u64,
    /// From creation to the first delta, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttft_ms: Option<u64>,
    /// From creation to the end, in milliseconds.
    pub total_ms: u64,
    /// From the request to cancel until nothing ran any more, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel_ms: Option<u64>,
    /// What the provider said of the end, where that is more than `finish_reason` tells.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub ending: Ending,
}

/// What a provider says of the end of an answer beside its reason.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    /// The provider's own word for the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub native: Option<String>,
    /// The stop sequence that was met.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_sequence: Option<String>,
    /// Why each choice ended, where there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<FinishReason>,
}

/// The end: with an error.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Failed {
    /// What happened.
    pub error: ApiError,
    /// What had been used by then.
    pub usage: Usage,
    /// Micro-dollars for that; absent where the price is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_micros: Option<i64>,
    /// From creation to the model's start, in milliseconds.
    #[serde(default)]
    pub queue_ms: u64,
    /// From creation to the first delta, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttft_ms: Option<u64>,
    /// From creation to the end, in milliseconds.
    #[serde(default)]
    pub total_ms: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_one_line_and_reads_back() {
        let event = Event {
            seq: 3,
            at_ms: 12,
            body: RunEvent::Delta(Delta { text: "a\nb\u{2028}".into(), ..Delta::default() }),
        };
        let data = event.data();
        assert_eq!(data, "{\"at_ms\":12,\"index\":0,\"text\":\"a\\nb\u{2028}\"}");
        assert_eq!(Event::read(3, EventKind::Delta, &data).expect("reads back"), event);
    }

    #[test]
    fn the_time_is_read_wherever_it_stands_and_only_if_it_is_a_number() {
        let at = |data: &str| Event::read(0, EventKind::Reasoning, data).map(|event| event.at_ms).ok();
        for (data, want) in [
            (r#"{"at_ms":0,"text":"x"}"#, Some(0)),
            (r#"{"at_ms":18446744073709551615}"#, Some(u64::MAX)),
            (r#"{"text":"{\"at_ms\":1","at_ms": 7 }"#, Some(7)),
            (r#"{ "at_ms":7}"#, Some(7)),
            (r#"{"at_ms":18446744073709551616}"#, None),
            (r#"{"at_ms":07}"#, None),
            (r#"{"at_ms":+7}"#, None),
            (r#"{"at_ms":,"text":"x"}"#, None),
            (r#"{"at_ms":7"#, None),
            (r#"{"text":"x"}"#, None),
        ] {
            assert_eq!(at(data), want, "{data}");
        }
    }

    #[test]
    fn a_logprob_of_minus_infinity_reads_back() {
        let token = TokenLogprob { token: "x".into(), logprob: f32::NEG_INFINITY, top: Vec::new() };
        let delta = Delta { index: 0, text: "x".into(), logprobs: vec![token] };
        let data = Event { seq: 0, at_ms: 0, body: RunEvent::Delta(delta) }.data();
        assert!(Event::read(0, EventKind::Delta, &data).is_ok(), "{data}");
    }

    #[test]
    fn names_are_those_of_the_contract() {
        for kind in EventKind::ALL {
            assert_eq!(EventKind::from_name(kind.as_str()), Some(*kind));
        }
        assert!(EventKind::Finished.is_end() && EventKind::Failed.is_end() && !EventKind::Delta.is_end());
    }
}
