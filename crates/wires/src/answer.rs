//! The fold of a run's events into the blocks of an answer, which every wire has in its own words.

use std::collections::BTreeMap;
use std::io::Write;

use domain::event::{Ending, Started};
use domain::{ApiError, Code, Event, FinishReason, Params, RunEvent, RunId, TokenLogprob, Usage};
use serde::Serialize;
use serde_json::{Value, json};

/// Tells a run's events in the words of one wire, as they come.
pub trait Speak: Send {
    /// Adds the frames that an event becomes; many become none.
    fn event(&mut self, event: &Event, out: &mut Vec<u8>);

    /// A sign of life, for silences.
    fn ping(&self) -> &'static [u8];
}

/// What a block of an answer is.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// What the model thought.
    Reasoning {
        /// The thought.
        text: String,
        /// The provider's seal under it.
        signature: Option<String>,
    },
    /// A thought that the provider does not show.
    Redacted {
        /// Its sealed form.
        data: String,
    },
    /// What it said.
    Text {
        /// The text.
        text: String,
        /// One for each token, where asked for.
        logprobs: Vec<TokenLogprob>,
    },
    /// A tool that it called.
    Tool {
        /// The call's id.
        id: String,
        /// The tool.
        name: String,
        /// The arguments' JSON text.
        arguments: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Reasoning { sealed: bool },
    Redacted,
    Text,
    Tool { index: u32 },
}

/// Where a piece of an answer belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Which choice.
    pub choice: u32,
    /// Which block of it.
    pub block: usize,
    /// Whether the block begins with this piece.
    pub begins: bool,
}

/// Which blocks an answer has, without what stands in them: enough to stream it.
#[derive(Debug, Default)]
pub struct Outline(BTreeMap<u32, Vec<Kind>>);

impl Outline {
    /// Where the piece in an event belongs; none where it has no piece of an answer.
    pub fn place(&mut self, event: &RunEvent) -> Option<Place> {
        let choice = match event {
            RunEvent::Delta(delta) => delta.index,
            RunEvent::Reasoning(delta) => delta.choice,
            RunEvent::ToolCall(delta) => delta.choice,
            _ => return None,
        };
        let kinds = self.0.entry(choice).or_default();
        let kind = match event {
            RunEvent::Delta(_) => Kind::Text,
            RunEvent::Reasoning(delta) if delta.redacted.is_some() => Kind::Redacted,
            RunEvent::Reasoning(delta) => Kind::Reasoning { sealed: delta.signature.is_some() },
            RunEvent::ToolCall(delta) => Kind::Tool { index: delta.index },
            _ => return None,
        };
        let known = match kind {
            Kind::Tool { .. } => kinds.iter().position(|known| *known == kind),
            Kind::Redacted => None,
            Kind::Text => (kinds.last() == Some(&Kind::Text)).then(|| kinds.len() - 1),
            Kind::Reasoning { sealed } => match kinds.last_mut() {
                Some(Kind::Reasoning { sealed: known }) if !*known => {
                    *known = sealed;
                    Some(kinds.len() - 1)
                }
                _ => None,
            },
        };
        let block = known.unwrap_or(kinds.len());
        if known.is_none() {
            kinds.push(kind);
        }
        Some(Place { choice, block, begins: known.is_none() })
    }

    /// Whether a choice has called a tool.
    #[must_use]
    pub fn called(&self, choice: u32) -> bool {
        self.0.get(&choice).is_some_and(|kinds| kinds.iter().any(|kind| matches!(kind, Kind::Tool { .. })))
    }

    /// The choices that have begun.
    pub fn choices(&self) -> impl Iterator<Item = u32> {
        self.0.keys().copied()
    }
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub enum End {
    /// With an answer.
    Finished(FinishReason, Ending),
    /// With an error.
    Failed(ApiError),
}

/// What a run has answered so far.
#[derive(Debug)]
pub struct Answered {
    /// The run.
    pub run: RunId,
    /// The blocks of each choice.
    pub choices: BTreeMap<u32, Vec<Block>>,
    /// Once a model is at work: which one.
    pub started: Option<Started>,
    /// Tokens; final once it has ended.
    pub usage: Usage,
    /// How it ended.
    pub end: Option<End>,
    outline: Outline,
}

impl Answered {
    /// An answer that has not begun.
    #[must_use]
    pub fn new(run: RunId) -> Self {
        Self {
            run,
            choices: BTreeMap::new(),
            started: None,
            usage: Usage::default(),
            end: None,
            outline: Outline::default(),
        }
    }

    /// Takes the next event; says where its piece of the answer went.
    pub fn take(&mut self, event: &Event) -> Option<Place> {
        match &event.body {
            RunEvent::Started(started) => {
                self.usage.input_tokens = started.input_tokens.unwrap_or_default();
                self.started = Some(started.clone());
            }
            RunEvent::Finished(finished) => {
                self.usage = finished.usage;
                self.end = Some(End::Finished(finished.finish_reason, finished.ending.clone()));
            }
            RunEvent::Failed(failed) => {
                self.usage = failed.usage;
                self.end = Some(End::Failed(failed.error.clone()));
            }
            _ => {}
        }
        let place = self.outline.place(&event.body)?;
        let blocks = self.choices.entry(place.choice).or_default();
        match &event.body {
            RunEvent::Delta(delta) => {
                if place.begins {
                    blocks.push(Block::Text { text: String::new(), logprobs: Vec::new() });
                }
                if let Some(Block::Text { text, logprobs }) = blocks.get_mut(place.block) {
                    text.push_str(&delta.text);
                    logprobs.extend(delta.logprobs.iter().cloned());
                }
            }
            RunEvent::Reasoning(delta) => {
                if place.begins {
                    blocks.push(match &delta.redacted {
                        Some(data) => Block::Redacted { data: data.clone() },
                        None => Block::Reasoning { text: String::new(), signature: None },
                    });
                }
                if let Some(Block::Reasoning { text, signature }) = blocks.get_mut(place.block) {
                    text.push_str(&delta.text);
                    *signature = delta.signature.clone().or(signature.take());
                }
            }
            RunEvent::ToolCall(delta) => {
                if place.begins {
                    let id = delta.id.clone().unwrap_or_else(|| call_id(self.run, place));
                    blocks.push(Block::Tool { id, name: String::new(), arguments: String::new() });
                }
                if let Some(Block::Tool { name, arguments, .. }) = blocks.get_mut(place.block) {
                    name.push_str(delta.name.as_deref().unwrap_or_default());
                    arguments.push_str(&delta.arguments);
                }
            }
            _ => {}
        }
        Some(place)
    }

    /// The blocks of the first choice.
    #[must_use]
    pub fn blocks(&self) -> &[Block] {
        self.choices.get(&0).map(Vec::as_slice).unwrap_or_default()
    }

    /// The name of the model that answers; before one is at work, the one that was asked for.
    #[must_use]
    pub fn model<'a>(&'a self, asked: &'a str) -> &'a str {
        self.started.as_ref().map_or(asked, |started| &started.resolved_model)
    }

    /// The parameters in force.
    #[must_use]
    pub fn params(&self) -> Params {
        self.started.as_ref().map(|started| started.params.clone()).unwrap_or_default()
    }

    /// How it ended, where that was with an answer.
    ///
    /// # Errors
    /// The run's, and that it was cancelled: a client that waits for an answer gets none.
    pub fn finished(&self) -> Result<(FinishReason, &Ending), ApiError> {
        match &self.end {
            Some(End::Finished(FinishReason::Cancelled, _)) => Err(cancelled()),
            Some(End::Finished(reason, ending)) => Ok((*reason, ending)),
            Some(End::Failed(error)) => Err(error.clone()),
            None => Err(ApiError::new(Code::Internal, "The run's log ended before the run.").retry(None)),
        }
    }
}

/// What a client is told whose run somebody has stopped.
#[must_use]
pub fn cancelled() -> ApiError {
    ApiError::new(Code::Conflict, "The run was cancelled before its answer was whole.")
        .hint("What had arrived is kept with the run.")
}

/// When a run was created, in seconds since 1970: its id says so (RFC 9562, section 5.7).
#[must_use]
pub fn created_s(run: RunId) -> i64 {
    let bytes = run.as_bytes();
    let millis = bytes[..6].iter().fold(0_i64, |millis, byte| millis << 8 | i64::from(*byte));
    millis / 1_000
}

/// A run's id without its prefix.
#[must_use]
pub fn hex(run: RunId) -> String {
    run.to_string().trim_start_matches("run_").to_owned()
}

/// An id for a tool call whose provider gave none.
#[must_use]
pub fn call_id(run: RunId, place: Place) -> String {
    let Place { choice, block, .. } = place;
    let of = if choice == 0 { String::new() } else { format!("{choice}_") };
    format!("call_{}_{of}{block}", hex(run))
}

/// OpenAI's form of logprobs: each token with its bytes.
#[must_use]
pub fn openai_logprobs(logprobs: &[TokenLogprob]) -> Vec<Value> {
    logprobs
        .iter()
        .map(|token| {
            let top: Vec<_> = token
                .top
                .iter()
                .map(|top| json!({"token": top.token, "logprob": top.logprob, "bytes": top.token.as_bytes()}))
                .collect();
            json!({
                "token": token.token, "logprob": token.logprob, "bytes": token.token.as_bytes(), "top_logprobs": top,
            })
        })
        .collect()
}

/// Adds a frame without a name: `data: …`.
pub(crate) fn data(out: &mut Vec<u8>, data: &impl Serialize) {
    out.extend_from_slice(b"data: ");
    written(out, data);
    out.extend_from_slice(b"\n\n");
}

/// Adds JSON.
pub(crate) fn written(out: &mut Vec<u8>, data: &impl Serialize) {
    serde_json::to_writer(out, data).expect("answers are strings and numbers");
}

/// Adds a frame with a name.
pub(crate) fn named(out: &mut Vec<u8>, name: &str, body: &impl Serialize) {
    writeln!(out, "event: {name}").expect("a vector takes all bytes");
    data(out, body);
}

#[cfg(test)]
pub(crate) mod testing {
    //! A run's log, for the tests of every wire.

    use domain::event::{Delta, Finished, Reasoning, ToolCallDelta};

    use super::*;

    pub const RUN: RunId = RunId::from_bytes([1, 0x8f, 0, 0, 0, 0, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7]);

    pub fn log(bodies: Vec<RunEvent>) -> Vec<Event> {
        (0..).zip(bodies).map(|(seq, body)| Event { seq, at_ms: seq, body }).collect()
    }

    pub fn started() -> RunEvent {
        RunEvent::Started(Started {
            run: RUN,
            model: "m".into(),
            resolved_model: "m-1".into(),
            provider: "lab".into(),
            endpoint: "here".into(),
            cached: false,
            started_at: 0,
            params: Params::default(),
            input_tokens: None,
        })
    }

    pub fn text(text: &str) -> RunEvent {
        RunEvent::Delta(Delta { text: text.into(), ..Delta::default() })
    }

    pub fn thought(text: &str, signature: Option<&str>) -> RunEvent {
        let signature = signature.map(str::to_owned);
        RunEvent::Reasoning(Reasoning { text: text.into(), signature, ..Reasoning::default() })
    }

    pub fn call(index: u32, id: Option<&str>, name: Option<&str>, arguments: &str) -> RunEvent {
        RunEvent::ToolCall(ToolCallDelta {
            index,
            choice: 0,
            id: id.map(str::to_owned),
            name: name.map(str::to_owned),
            arguments: arguments.into(),
        })
    }

    pub fn finished(finish_reason: FinishReason) -> RunEvent {
        RunEvent::Finished(Finished {
            finish_reason,
            usage: Usage {
                input_tokens: 10,
                output_tokens: 5,
                cached_input_tokens: 4,
                reasoning_tokens: 2,
                cache_write_tokens: 1,
            },
            cost_micros: None,
            queue_ms: 0,
            ttft_ms: None,
            total_ms: 9,
            cancel_ms: None,
            ending: Ending::default(),
        })
    }

    pub fn failed(error: ApiError) -> RunEvent {
        RunEvent::Failed(domain::event::Failed {
            error,
            usage: Usage::default(),
            cost_micros: None,
            queue_ms: 0,
            ttft_ms: None,
            total_ms: 9,
        })
    }

    /// A thought, a text, two calls.
    pub fn everything() -> Vec<Event> {
        log(vec![
            started(),
            thought("Hm", None),
            thought("", Some("sealed")),
            text("It "),
            text("is"),
            call(0, Some("c1"), Some("clock"), ""),
            call(0, None, None, "{\"n\":"),
            call(0, None, None, "1}"),
            call(1, Some("c2"), Some("clock"), "{}"),
            finished(FinishReason::ToolCalls),
        ])
    }

    pub fn folded(events: &[Event]) -> Answered {
        let mut answered = Answered::new(RUN);
        for event in events {
            answered.take(event);
        }
        answered
    }

    pub fn spoken(speaker: &mut dyn Speak, events: &[Event]) -> Vec<Value> {
        let mut out = Vec::new();
        for event in events {
            speaker.event(event, &mut out);
        }
        let text = String::from_utf8(out).expect("UTF-8");
        let data = text.split("\n\n").filter_map(|frame| frame.split_once("data: ").map(|(_, data)| data));
        data.filter(|data| *data != "[DONE]").map(|data| serde_json::from_str(data).expect("JSON")).collect()
    }

    #[test]
    fn blocks_are_told_apart() {
        let answered = folded(&everything());
        let tool = |id: &str, arguments: &str| Block::Tool {
            id: id.into(),
            name: "clock".into(),
            arguments: arguments.into(),
        };
        assert_eq!(
            answered.blocks(),
            [
                Block::Reasoning { text: "Hm".into(), signature: Some("sealed".into()) },
                Block::Text { text: "It is".into(), logprobs: Vec::new() },
                tool("c1", "{\"n\":1}"),
                tool("c2", "{}"),
            ]
        );
        assert_eq!(answered.finished().map(|(reason, _)| reason), Ok(FinishReason::ToolCalls));
        assert_eq!(created_s(RUN), 0x018f_0000_0000 / 1_000);
    }
}
