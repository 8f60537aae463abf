//! Frames of `GET /v1/live`, the tab's one connection: JSON text, one object each.

use serde::{Deserialize, Serialize};

use crate::chat::Verbatim;
use crate::comparison::{Cell, CellCounts};
use crate::error::ApiError;
use crate::event::EventKind;
use crate::id::{ComparisonId, RunId};

/// What a client sends.
#[derive(Debug, Clone, PartialEq)]
pub enum Up {
    /// Starts a run and tails it. `run` is read as the body of `POST /v1/runs`.
    Start {
        /// The client's name for it until it has an id.
        reference: String,
        /// The run asked for.
        run: Verbatim,
    },
    /// Reads a run's log after a seq, then waits for more.
    Tail {
        /// The run.
        run: RunId,
        /// The last seq that the client has.
        after: Option<u64>,
    },
    /// Stops tailing.
    Untail {
        /// The run.
        run: RunId,
    },
    /// Cancels a run.
    Cancel {
        /// The run.
        run: RunId,
    },
    /// Follows the cells of a comparison.
    Watch {
        /// The comparison.
        comparison: ComparisonId,
    },
    /// Stops following them.
    Unwatch {
        /// The comparison.
        comparison: ComparisonId,
    },
}

/// [`Up`] as it stands on the wire. A tagged enum cannot hold verbatim JSON, so the fields stand side by side.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpFrame {
    /// `start`, `tail`, `untail`, `cancel`, `watch` or `unwatch`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Of `start`.
    #[serde(rename = "ref", default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Of `start` the run asked for, else a run's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<Verbatim>,
    /// Of `tail`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    /// Of `watch` and `unwatch`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparison: Option<ComparisonId>,
}

impl UpFrame {
    /// The frame that starts a run.
    #[must_use]
    pub fn start(reference: String, run: Verbatim) -> Self {
        Self { kind: "start".into(), reference: Some(reference), run: Some(run), after: None, comparison: None }
    }

    /// A frame about a run that exists: `tail`, `untail` or `cancel`.
    #[must_use]
    pub fn about(kind: &str, run: RunId, after: Option<u64>) -> Self {
        let id = serde_json::value::RawValue::from_string(format!("\"{run}\""));
        Self { kind: kind.into(), reference: None, run: id.ok().map(Verbatim), after, comparison: None }
    }

    /// A frame about a comparison: `watch` or `unwatch`.
    #[must_use]
    pub fn on(kind: &str, comparison: ComparisonId) -> Self {
        Self { kind: kind.into(), reference: None, run: None, after: None, comparison: Some(comparison) }
    }

    /// Reads a frame into what it means.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn read(self) -> Result<Up, String> {
        if let "watch" | "unwatch" = self.kind.as_str() {
            let missing = || format!("`comparison` is missing in a frame of type `{}`.", self.kind);
            let comparison = self.comparison.ok_or_else(missing)?;
            return Ok(if self.kind == "watch" { Up::Watch { comparison } } else { Up::Unwatch { comparison } });
        }
        let Some(run) = self.run else { return Err(format!("`run` is missing in a frame of type `{}`.", self.kind)) };
        if self.kind == "start" {
            let reference = self.reference.ok_or("`ref` is missing in a frame of type `start`.")?;
            return Ok(Up::Start { reference, run });
        }
        let id = serde_json::from_str::<RunId>(run.as_str()).map_err(|error| format!("`run` cannot be used: {error}."));
        match self.kind.as_str() {
            "tail" => Ok(Up::Tail { run: id?, after: self.after }),
            "untail" => Ok(Up::Untail { run: id? }),
            "cancel" => Ok(Up::Cancel { run: id? }),
            other => {
                Err(format!("Unknown frame type `{other}`; known are start, tail, untail, cancel, watch, unwatch."))
            }
        }
    }
}

/// What the server sends. A client ignores types that it does not know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Down {
    /// `hello`, `accepted`, `refused`, `event`, `end` or `cells`; the last is read as a [`CellsFrame`].
    #[serde(rename = "type")]
    pub kind: String,
    /// Of `accepted` and `refused`: the `ref` of the `start`.
    #[serde(rename = "ref", default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// Of `event`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// Of `event`: its kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<EventKind>,
    /// Of `event`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Verbatim>,
    /// Of `refused`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Problem>,
    /// Of `hello`: the build of the page that the server serves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build: Option<String>,
    /// The comparison, of `cells` and where it cannot be watched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparison: Option<ComparisonId>,
}

/// A frame of type `event`: nearly every frame is one, so it is written and read without a detour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventFrame<'a> {
    /// The run.
    pub run: RunId,
    /// Dense from 0.
    pub seq: u64,
    /// The event's kind.
    pub kind: EventKind,
    /// Its data: JSON on one line.
    pub data: &'a str,
}

impl<'a> EventFrame<'a> {
    /// The frame as it is sent.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { run, seq, kind, data } = self;
        format!(r#"{{"type":"event","run":"{run}","seq":{seq},"event":"{}","data":{data}}}"#, kind.as_str())
    }

    /// Reads what [`EventFrame::text`] wrote. Nothing where it is another frame, or is written otherwise; its data is
    /// not looked at.
    #[must_use]
    pub fn read(text: &'a str) -> Option<Self> {
        let (run, rest) = text.strip_prefix(r#"{"type":"event","run":""#)?.split_once('"')?;
        let (seq, rest) = rest.strip_prefix(r#","seq":"#)?.split_once(',')?;
        let (kind, rest) = rest.strip_prefix(r#""event":""#)?.split_once('"')?;
        let data = rest.strip_prefix(r#","data":"#)?.strip_suffix('}')?;
        Some(Self { run: run.parse().ok()?, seq: seq.parse().ok()?, kind: EventKind::from_name(kind)?, data })
    }
}

impl Down {
    /// A frame of that type with nothing in it yet.
    #[must_use]
    pub fn new(kind: &str) -> Self {
        Self {
            kind: kind.into(),
            reference: None,
            run: None,
            seq: None,
            event: None,
            data: None,
            error: None,
            build: None,
            comparison: None,
        }
    }
}

/// Cells of a comparison that have changed, and how all of them stand: a frame of type `cells`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CellsFrame {
    /// `cells`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The comparison.
    pub comparison: ComparisonId,
    /// The cells, each as it stands now.
    pub cells: Vec<Cell>,
    /// Whether more of them may have changed than stand here: those that are shown are to be read again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reread: bool,
    /// How many stand how.
    pub counts: CellCounts,
    /// See [`crate::Comparison::cost_micros`].
    pub cost_micros: i64,
    /// See [`crate::Comparison::held`].
    pub held: Option<String>,
    /// See [`crate::Comparison::revision`].
    pub revision: i64,
}

/// An error as problem JSON (RFC 9457), here and in every HTTP answer of our own API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// A URI that names the kind of problem.
    #[serde(rename = "type")]
    pub kind: String,
    /// A short sentence for the kind.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The message; RFC 9457's name for it.
    pub detail: String,
    /// What a request is called in the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Code, hint, limits.
    #[serde(flatten)]
    pub error: ApiError,
}

impl Problem {
    /// The problem that an error is.
    #[must_use]
    pub fn new(error: ApiError, request_id: Option<String>) -> Self {
        Self {
            kind: format!("urn:etude:error:{}", error.code.as_str()),
            title: error.code.title().to_owned(),
            status: error.code.status(),
            detail: error.message.clone(),
            request_id,
            error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn up(json: &str) -> Result<Up, String> {
        serde_json::from_str::<UpFrame>(json).map_err(|error| error.to_string())?.read()
    }

    #[test]
    fn frames_are_those_of_the_contract() {
        let id = RunId::from_bytes([7; 16]);
        assert_eq!(
            up(&format!(r#"{{"type":"tail","run":"{id}","after":null}}"#)),
            Ok(Up::Tail { run: id, after: None })
        );
        assert_eq!(up(&format!(r#"{{"type":"cancel","run":"{id}"}}"#)), Ok(Up::Cancel { run: id }));
        let Ok(Up::Start { reference, run }) = up(r#"{"type":"start","ref":"a1","run":{"model":"m"}}"#) else {
            panic!("a start frame")
        };
        assert_eq!((reference.as_str(), run.as_str()), ("a1", r#"{"model":"m"}"#));
        let read = crate::strict::from_slice::<UpFrame>(br#"{"type":"tail","run":"x","aftr":1}"#);
        assert_eq!(read.expect_err("misspelt").hint.as_deref(), Some("Did you mean `after`?"));
        let verbatim = crate::strict::from_slice::<UpFrame>(br#"{"type":"start","ref":"a","run":{ "x": 1.0e1 }}"#);
        assert_eq!(verbatim.expect("reads").run.expect("a run").as_str(), r#"{ "x": 1.0e1 }"#);
        let comparison = ComparisonId::from_bytes([7; 16]);
        assert_eq!(up(&format!(r#"{{"type":"watch","comparison":"{comparison}"}}"#)), Ok(Up::Watch { comparison }));
        assert_eq!(up(&format!(r#"{{"type":"unwatch","comparison":"{comparison}"}}"#)), Ok(Up::Unwatch { comparison }));
        assert!(up(r#"{"type":"watch","run":"x"}"#).is_err());
        assert!(up(r#"{"type":"dance","run":"x"}"#).is_err());
        assert!(up(r#"{"type":"tail"}"#).is_err());
    }

    #[test]
    fn frames_of_events_read_back_and_are_json() {
        let run = RunId::from_bytes([7; 16]);
        let data = r#"{"at_ms":5,"index":0,"text":"\"data\":{},\"seq\":1}"}"#;
        let frame = EventFrame { run, seq: 12, kind: EventKind::Delta, data };
        let text = frame.text();
        assert_eq!(EventFrame::read(&text), Some(frame));
        let down: Down = serde_json::from_str(&text).expect("json");
        assert_eq!((down.kind.as_str(), down.run, down.seq), ("event", Some(run), Some(12)));
        assert_eq!((down.event, down.data.as_ref().map(Verbatim::as_str)), (Some(EventKind::Delta), Some(data)));
        // What is written otherwise is left to who reads any JSON.
        for other in [
            text.replace("\"seq\":12", "\"seq\": 12"),
            text.replace("delta", "dance"),
            text.replace("run_", "cmp_"),
            text.replace("event\",\"run", "end\",\"run"),
            text.trim_end_matches('}').to_owned(),
            String::new(),
        ] {
            assert_eq!(EventFrame::read(&other), None, "{other}");
        }
    }

    #[test]
    fn a_problem_carries_its_code_and_status() {
        let problem = Problem::new(ApiError::new(crate::Code::Gone, "It was deleted."), None);
        let json = serde_json::to_value(&problem).expect("json");
        assert_eq!(json["code"], "gone");
        assert_eq!(json["status"], 410);
        assert_eq!(json["detail"], "It was deleted.");
    }
}
