//! Who serves models. To add a provider: one file here that implements [`Provider`], one line in
//! [`registry`].

mod answer;
mod anthropic;
pub(crate) mod body;
mod catalogue;
#[cfg(test)]
mod corpus;
pub mod discovery;
mod embedded;
mod openai;
mod outbound;
mod refusal;
pub mod registry;
pub mod sse;
mod upstream;

use domain::event::{Delta, Ending, FinishReason, Reasoning, ToolCallDelta, Usage};
use domain::{ApiError, ModelInfo, Params, Vendor, WireRequest, WireResponse};
use futures::future::BoxFuture;
use futures::stream::BoxStream;

use crate::config::Timeouts;
use crate::render::ChatRequest;

/// What happens at a provider, in order. A stream that ends without `Done` was cut.
#[derive(Debug, Clone, PartialEq)]
pub enum Update {
    /// It waits for a place.
    Queued {
        /// 1 is next.
        position: u32,
        /// What it waits for.
        reason: String,
    },
    /// A model is at work.
    Started {
        /// The parameters in force.
        params: Params,
        /// Tokens of the prompt, where they are known already.
        input_tokens: Option<u64>,
        /// Of those, how many came from a cache.
        cached_input_tokens: u64,
    },
    /// This is being sent to it; kept with the run, no event.
    Sent(WireRequest),
    /// The head of its answer has come; kept with the run, no event.
    Answered(WireResponse),
    /// It says that it is at work and no more: a ping, a comment, an event that means nothing here.
    Alive,
    /// The prompt has been counted.
    Counted {
        /// Tokens of the prompt.
        input_tokens: u64,
        /// Of those, how many came from a cache.
        cached_input_tokens: u64,
    },
    /// Text of the answer, and how many tokens it has had so far, where that is known.
    Delta(Delta, Option<u64>),
    /// Text of the reasoning.
    Reasoning(Reasoning),
    /// A piece of a tool call.
    ToolCall(ToolCallDelta),
    /// It ended.
    Done {
        /// Why.
        finish_reason: FinishReason,
        /// What was used, where the provider says so.
        usage: Option<Usage>,
        /// What else the provider says of the end.
        ending: Ending,
    },
}

/// The updates of one request. Dropping it cancels the request at the provider, at once.
pub type Updates = BoxStream<'static, Result<Update, ApiError>>;

/// Who serves models, over one wire.
pub trait Provider: Send + Sync {
    /// What the models call it by.
    fn name(&self) -> &str;

    /// The address that requests go to, as shown to people.
    fn endpoint(&self) -> &str;

    /// How long to wait for it; `None` where it is in this process's own hands.
    fn timeouts(&self) -> Option<Timeouts>;

    /// Its name in the price table, where its prices are those of a vendor.
    fn vendor(&self) -> Option<&'static str>;

    /// Whose wire it speaks; none where no wire is in between.
    fn speaks(&self) -> Option<Vendor>;

    /// What is known of a model that it has not listed.
    fn describe(&self, upstream: &str) -> ModelInfo;

    /// Asks which models it serves.
    fn list(&self) -> BoxFuture<'_, Result<Vec<Listed>, ApiError>>;

    /// Refuses what can be known to fail, before the run.
    fn check<'a>(&'a self, model: &'a Model, request: &'a ChatRequest) -> BoxFuture<'a, Result<(), ApiError>>;

    /// Counts the tokens of a prompt; `None` where the tokenizer is not known here, or does not answer at once.
    fn count<'a>(&'a self, _: &'a ChatRequest) -> BoxFuture<'a, Option<u64>> {
        Box::pin(std::future::ready(None))
    }

    /// Asks the provider how many tokens a prompt has; `None` where it cannot be asked.
    fn ask_count<'a>(&'a self, _: &'a Model, request: &'a ChatRequest) -> BoxFuture<'a, Result<Option<u64>, ApiError>> {
        Box::pin(async { Ok(self.count(request).await) })
    }

    /// Asks for vectors, with a body in OpenAI's words, and gives the answer as it came; `None` where the provider has
    /// no such route.
    fn embed<'a>(&'a self, _: String) -> BoxFuture<'a, Option<Result<bytes::Bytes, ApiError>>> {
        Box::pin(std::future::ready(None))
    }

    /// The body that it is sent for a request, with this name for the model; `None` where no wire is in between.
    fn body(&self, _: &str, _: &Model, _: &ChatRequest) -> Option<Result<String, ApiError>> {
        None
    }

    /// Sends the request.
    fn stream(&self, model: &Model, request: ChatRequest) -> Updates;
}

/// A model as its provider lists it.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// Its name at the provider.
    pub upstream: String,
    /// What is known of it; its name is the provider's.
    pub info: ModelInfo,
}

/// A model, and what its provider calls it.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// As the API and the page show it.
    pub info: ModelInfo,
    /// Its name at the provider.
    pub upstream: String,
}

/// The body that asks for this over a vendor's wire, streamed.
///
/// # Errors
/// When that wire has no words for something.
pub(crate) fn body_of(vendor: Vendor, name: &str, model: &Model, request: &ChatRequest) -> Result<String, ApiError> {
    match vendor {
        Vendor::Openai => openai::encode(name, request),
        Vendor::Anthropic => anthropic::encode(name, model, request),
    }
}
