//! Anthropic's messages.
//!
//! <https://docs.anthropic.com/en/api/messages>

mod body;
mod events;
mod list;

use domain::{ApiError, Code, ModelInfo, Params, Vendor};
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, stream};
use serde::Deserialize;

use self::events::EventReader;
use self::list::List;
use super::body::optional_number;
use super::upstream::Upstream;
use super::{Listed, Model, Provider, Update, Updates};
use crate::config::{ProviderConfig, Timeouts};
use crate::error::Error;
use crate::render::ChatRequest;

/// The version of the wire that is spoken (<https://docs.anthropic.com/en/api/versioning>).
const VERSION: (&str, &str) = ("anthropic-version", "2023-06-01");

/// A provider that speaks Anthropic's wire.
pub struct Anthropic {
    upstream: Upstream,
}

impl Anthropic {
    /// Takes the provider as configured.
    ///
    /// # Errors
    /// When its address or its key cannot be used.
    pub fn new(config: &ProviderConfig) -> Result<Self, Error> {
        Ok(Self { upstream: Upstream::new(config, |key| vec![("x-api-key", key.to_owned())])? })
    }
}

impl Provider for Anthropic {
    fn name(&self) -> &str {
        self.upstream.name()
    }

    fn endpoint(&self) -> &str {
        self.upstream.shown()
    }

    fn timeouts(&self) -> Option<Timeouts> {
        Some(self.upstream.timeouts())
    }

    fn vendor(&self) -> Option<&'static str> {
        Some("anthropic")
    }

    fn speaks(&self) -> Option<Vendor> {
        Some(Vendor::Anthropic)
    }

    fn describe(&self, upstream: &str) -> ModelInfo {
        list::describe(upstream, self.name())
    }

    fn list(&self) -> BoxFuture<'_, Result<Vec<Listed>, ApiError>> {
        async {
            let list: List = self.upstream.get("/v1/models?limit=1000", &[VERSION]).await?;
            Ok(list.models(self.name()))
        }
        .boxed()
    }

    fn check<'a>(&'a self, model: &'a Model, request: &'a ChatRequest) -> BoxFuture<'a, Result<(), ApiError>> {
        let checked = body::check(request).and_then(|()| match request.provider_options() {
            Some(_) if request.native().is_none() => {
                body::encode(&model.upstream, &in_force(model, request).0, request).map(drop)
            }
            _ => Ok(()),
        });
        std::future::ready(checked.map_err(|error| match error.code {
            Code::ParameterNotSupported => {
                error.hint(format!("Leave it out, or choose another model than `{}`.", model.info.name))
            }
            _ => error,
        }))
        .boxed()
    }

    fn ask_count<'a>(
        &'a self,
        model: &'a Model,
        request: &'a ChatRequest,
    ) -> BoxFuture<'a, Result<Option<u64>, ApiError>> {
        #[derive(Deserialize)]
        struct Counted {
            input_tokens: u64,
        }
        async {
            body::check(request)?;
            let body = body::encode_count(&model.upstream, request)?;
            let counted: Counted = self.upstream.call("/v1/messages/count_tokens", &headers(request), body).await?;
            Ok(Some(counted.input_tokens))
        }
        .boxed()
    }

    fn body(&self, name: &str, model: &Model, request: &ChatRequest) -> Option<Result<String, ApiError>> {
        Some(encode(name, model, request))
    }

    fn stream(&self, model: &Model, request: ChatRequest) -> Updates {
        let (sent, params) = in_force(model, &request);
        let started = Update::Started { params, input_tokens: None, cached_input_tokens: 0 };
        match body::encode(&model.upstream, &sent, &request) {
            Ok(body) => self.upstream.stream(started, "/v1/messages", &headers(&request), body, EventReader::default()),
            Err(error) => stream::iter([Ok(started), Err(error)]).boxed(),
        }
    }
}

/// The headers of the wire: its version, and which fields that are still being tried a client means.
fn headers(request: &ChatRequest) -> Vec<(&'static str, &str)> {
    let native = request.native();
    let (name, usual) = VERSION;
    let version = native.and_then(|native| native.version.as_deref()).unwrap_or(usual);
    let beta = native.and_then(|native| native.beta.as_deref());
    [(name, version)].into_iter().chain(beta.map(|beta| ("anthropic-beta", beta))).collect()
}

/// The parameters that are sent, and those in force. The wire demands `max_tokens`: where neither parameters nor
/// `provider_options` have it, the usual number is sent.
fn in_force(model: &Model, request: &ChatRequest) -> (Params, Params) {
    let mut sent = request.params().clone();
    let optional = optional_number(request.provider_options(), "max_tokens");
    if optional.is_none() {
        sent.max_tokens = sent.max_tokens.or(model.info.defaults.max_tokens).or(Some(list::MAX_TOKENS_USUAL));
    }
    let in_force = Params { max_tokens: sent.max_tokens.or(optional), ..sent.clone() };
    (sent, in_force)
}

/// The body by which a model is asked under that name.
///
/// # Errors
/// When something of the request cannot be said on this wire.
pub fn encode(name: &str, model: &Model, request: &ChatRequest) -> Result<String, ApiError> {
    body::check(request)?;
    body::encode(name, &in_force(model, request).0, request)
}

#[cfg(test)]
mod tests {
    use super::super::corpus;
    use super::*;

    #[test]
    fn the_wire_is_read_as_its_vendor_means_it() {
        corpus::check("anthropic", EventReader::default);
    }
}
