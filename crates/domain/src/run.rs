//! A run: as asked for, and as kept.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::chat::{ChatMessage, ResponseFormat, Tool, ToolCall, Verbatim};
use crate::error::{ApiError, Code};
use crate::event::{FinishReason, TokenLogprob, Usage};
use crate::id::{ComparisonId, PromptId, RunId};
use crate::limits::{CHOICES_MAX, MESSAGES_MAX, REQUEST_ID_BYTES_MAX};
use crate::params::Params;
use crate::strict;
use crate::wire::ClientWire;

/// A run as a client asks for it: the body of `POST /v1/runs`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewRun {
    /// Any unique string: makes the submission idempotent for 24 hours (D2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// A model's name or alias; absent, the prompt's.
    #[serde(default)]
    pub model: String,
    /// The messages, with their variables; absent, the prompt's.
    #[serde(default, deserialize_with = "strict::objects")]
    pub messages: Vec<ChatMessage>,
    /// The kept prompt that is run. Once the run is there, it stands beside the messages that it meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<PromptId>,
    /// Which version of it; the newest where neither this nor a label is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// The label of the version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// `prompt` by its other name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preset_id: Option<PromptId>,
    /// The text for `{{input}}`; where there is no such variable, it is added after the last message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_context: Option<String>,
    /// Values of the variables.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub inputs: BTreeMap<String, String>,
    /// Sampling.
    #[serde(default, deserialize_with = "strict::object")]
    pub params: Params,
    /// Tools that the model may call.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "strict::objects")]
    pub tools: Vec<Tool>,
    /// Whether it must, may or must not call one, in either vendor's words (see [`crate::ToolChoice`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_choice: Option<Verbatim>,
    /// Whether the model may call several tools at a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parallel_tool_calls: Option<bool>,
    /// The form of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "strict::optional_object")]
    pub response_format: Option<ResponseFormat>,
    /// Free JSON for the provider, kept to the byte.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_options: Option<Verbatim>,
    /// The run that this one continues or retries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<RunId>,
    /// The comparison or grid that it belongs to (`cmp_…`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<ComparisonId>,
    /// `false`: cancelled 5 s after its last reader left (B4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep: Option<bool>,
}

impl NewRun {
    /// A run of these messages and nothing else.
    pub fn new(model: impl Into<String>, messages: Vec<ChatMessage>) -> Self {
        Self {
            request_id: None,
            model: model.into(),
            messages,
            prompt: None,
            version: None,
            label: None,
            preset_id: None,
            input_context: None,
            inputs: BTreeMap::new(),
            params: Params::default(),
            tools: Vec::new(),
            tool_choice: None,
            parallel_tool_calls: None,
            response_format: None,
            provider_options: None,
            parent: None,
            group: None,
            keep: None,
        }
    }

    /// The kept prompt that it names.
    #[must_use]
    pub fn of_prompt(&self) -> Option<PromptId> {
        self.prompt.or(self.preset_id)
    }

    /// Checks how a kept prompt is named.
    fn check_reference(&self) -> Result<(), ApiError> {
        let refuse = |message: &str, param: &str| {
            Err(ApiError::new(Code::InvalidRequest, format!("{message} Nothing was sent.")).param(param))
        };
        if self.prompt.is_some() && self.preset_id.is_some_and(|preset| Some(preset) != self.prompt) {
            return refuse("`prompt` and `preset_id` name two prompts.", "preset_id");
        }
        if self.version.is_some() && self.label.is_some() {
            return refuse("`version` and `label` both say which version is meant.", "label");
        }
        Ok(())
    }

    /// Checks what can be checked without knowing the model.
    ///
    /// # Errors
    /// `invalid_request` that names the field.
    pub fn check(&self) -> Result<(), ApiError> {
        if let Some(id) = &self.request_id
            && (id.is_empty() || id.len() > REQUEST_ID_BYTES_MAX)
        {
            let message = format!("`request_id` is {} bytes long; 1 to {REQUEST_ID_BYTES_MAX} are taken.", id.len());
            return Err(ApiError::new(Code::InvalidRequest, message).param("request_id"));
        }
        if self.of_prompt().is_some() {
            return self.check_reference();
        }
        self.check_whole()
    }

    /// Checks what must hold once a prompt's messages stand in it.
    ///
    /// # Errors
    /// `invalid_request` that names the field.
    pub fn check_whole(&self) -> Result<(), ApiError> {
        let refuse = |message: String| Err(ApiError::new(Code::InvalidRequest, message).param("messages"));
        if self.model.is_empty() {
            let message = "`model` is missing. Nothing was sent.";
            return Err(ApiError::new(Code::InvalidRequest, message)
                .hint("Name a model, or a kept prompt by `prompt` or `preset_id`.")
                .param("model"));
        }
        if self.messages.is_empty() {
            return refuse("`messages` is empty; a run needs at least one message.".into());
        }
        if self.messages.len() > MESSAGES_MAX {
            return refuse(format!(
                "`messages` has {} entries; at most {MESSAGES_MAX} are taken.",
                self.messages.len()
            ));
        }
        let is_empty = |message: &ChatMessage| {
            let content = &message.content;
            message.tool_calls.is_empty()
                && content.images().next().is_none()
                && content.natives().next().is_none()
                && content.texts().all(|text| text.trim().is_empty())
        };
        if self.messages.iter().all(is_empty) {
            return refuse("Every message is empty. Write a prompt first.".into());
        }
        Ok(())
    }
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunStatus {
    /// Admitted, and waiting.
    #[default]
    Queued,
    /// A model is at work.
    Running,
    /// Ended with an answer.
    Finished,
    /// Ended with an error.
    Failed,
    /// Cut by a restart.
    Interrupted,
    /// Ended on demand.
    Cancelled,
}

impl RunStatus {
    /// Every status there is, in the order of a run's life.
    pub const ALL: [Self; 6] =
        [Self::Queued, Self::Running, Self::Finished, Self::Failed, Self::Interrupted, Self::Cancelled];

    /// The word on the wire and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Finished => "finished",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
            Self::Cancelled => "cancelled",
        }
    }

    /// The status with that word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }

    /// Whether nothing more will come.
    #[must_use]
    pub const fn is_end(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }
}

/// What a model answered.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Output {
    /// The answer: all `delta` texts of the first choice.
    pub text: String,
    /// What it thought before.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reasoning: String,
    /// The tools it called.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ToolCall>,
    /// One for each token, where asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub logprobs: Vec<TokenLogprob>,
    /// All answers, where `provider_options` asked for several; `text` is the first's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
}

/// One of several answers to one request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// Which one, from 0.
    pub index: u32,
    /// All its `delta` texts.
    pub text: String,
    /// The tools it called.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ToolCall>,
}

impl Output {
    /// An answer beside the first; none where that is more than a request may ask for.
    pub fn choice(&mut self, index: u32) -> Option<&mut Choice> {
        if index >= CHOICES_MAX {
            return None;
        }
        let place = self.choices.binary_search_by_key(&index, |choice| choice.index).unwrap_or_else(|place| {
            self.choices.insert(place, Choice { index, ..Choice::default() });
            place
        });
        self.choices.get_mut(place)
    }

    /// Puts the first answer beside the others, where there are others.
    pub fn complete_choices(&mut self) {
        if self.choices.first().is_some_and(|choice| choice.index > 0) {
            self.choices.insert(0, Choice { index: 0, text: self.text.clone(), tool_calls: self.tool_calls.clone() });
        }
    }
}

/// A run as it is kept and shown: the answer of `GET /v1/runs/{id}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// Where it stands.
    pub status: RunStatus,
    /// The model that was asked for.
    pub model: String,
    /// The model that answered, once known.
    pub resolved_model: Option<String>,
    /// Who served it.
    pub provider: Option<String>,
    /// At which address.
    pub endpoint: Option<String>,
    /// The wire that a client asked over; absent where it was Etude's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wire: Option<ClientWire>,
    /// The kept prompt that it is a run of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<PromptId>,
    /// The number of the version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// The comparison or grid that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<ComparisonId>,
    /// Exactly what was asked for.
    pub request: Verbatim,
    /// The parameters in force, the model's defaults included (A2).
    pub params: Params,
    /// What came back.
    pub output: Output,
    /// Why it ended.
    pub finish_reason: Option<FinishReason>,
    /// Tokens.
    pub usage: Usage,
    /// Micro-dollars, where the price is known.
    pub cost_micros: Option<i64>,
    /// From creation to the model's start, in milliseconds.
    pub queue_ms: Option<u64>,
    /// From creation to the first delta, in milliseconds.
    pub ttft_ms: Option<u64>,
    /// From creation to the end, in milliseconds.
    pub total_ms: Option<u64>,
    /// Why it failed.
    pub error: Option<ApiError>,
    /// The run that this one continues or retries.
    pub parent: Option<RunId>,
    /// The client's name for the submission.
    pub request_id: Option<String>,
    /// Microseconds since 1970, UTC.
    pub created_at: i64,
}

/// A run in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunSummary {
    /// Its id.
    pub id: RunId,
    /// Where it stands.
    pub status: RunStatus,
    /// The model that was asked for.
    pub model: String,
    /// The model that answered.
    pub resolved_model: Option<String>,
    /// The wire that a client asked over; absent where it was Etude's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wire: Option<ClientWire>,
    /// Why it ended.
    pub finish_reason: Option<FinishReason>,
    /// Tokens.
    pub usage: Usage,
    /// Micro-dollars, where the price is known.
    pub cost_micros: Option<i64>,
    /// From creation to the first delta, in milliseconds.
    pub ttft_ms: Option<u64>,
    /// From creation to the end, in milliseconds.
    pub total_ms: Option<u64>,
    /// The beginning of the last message of the user, with its variables as they were written.
    pub prompt: String,
    /// The beginning of the answer.
    pub snippet: String,
    /// Microseconds since 1970, UTC.
    pub created_at: i64,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunPage {
    /// Newest first.
    pub data: Vec<RunSummary>,
    /// Give it as `after` for the next page.
    pub next: Option<RunId>,
}
