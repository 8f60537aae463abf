//! OpenAI's chat completions, and all that speak them (Ollama, llama.cpp's server, vLLM, …).
//!
//! <https://platform.openai.com/docs/api-reference/chat>

mod body;
mod chunk;
mod dialect;
mod list;

use std::sync::{Mutex, PoisonError, RwLock};

use bytes::Bytes;
use domain::{ApiError, Code, ModelInfo, Origin, ToolChoice, Vendor};
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, stream};
use reqwest::Url;

use self::chunk::ChunkReader;
use self::dialect::Dialect;
use self::list::{Known, List};
use super::discovery;
use super::upstream::Upstream;
use super::{Listed, Model, Provider, Update, Updates};
use crate::config::{ProviderConfig, Timeouts};
use crate::error::Error;
use crate::render::ChatRequest;

/// A provider that speaks OpenAI's wire.
pub struct OpenAi {
    upstream: Upstream,
    vendor: Option<&'static str>,
    /// Whether nobody named it: it was looked for on a port where anything may answer.
    looked_for: bool,
    /// Which server it is: guessed from the address, learnt from its list of models.
    dialect: RwLock<Dialect>,
    shown: Mutex<Known>,
}

impl OpenAi {
    /// Takes the provider as configured.
    ///
    /// # Errors
    /// When its address or its key cannot be used.
    pub fn new(config: &ProviderConfig) -> Result<Self, Error> {
        let upstream = Upstream::new(config, |key| vec![("authorization", format!("Bearer {key}"))])?;
        let url = Url::parse(upstream.shown()).ok();
        let looked_for = config.origin == Origin::Found;
        let dialect = match config.name.as_str() {
            discovery::OLLAMA if looked_for => Dialect::Ollama,
            discovery::LLAMACPP if looked_for => Dialect::LlamaCpp,
            _ => url.as_ref().map(Dialect::of_url).unwrap_or_default(),
        };
        let vendor = url.as_ref().and_then(|url| vendor(url.host_str()?));
        Ok(Self { upstream, vendor, looked_for, dialect: RwLock::new(dialect), shown: Mutex::default() })
    }

    fn dialect(&self) -> Dialect {
        *self.dialect.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The price table's name of who answers at a host.
fn vendor(host: &str) -> Option<&'static str> {
    const VENDORS: [(&str, &str); 12] = [
        ("api.openai.com", "openai"),
        ("api.groq.com", "groq"),
        ("api.mistral.ai", "mistral"),
        ("api.deepseek.com", "deepseek"),
        ("api.x.ai", "x-ai"),
        ("api.together.xyz", "together"),
        ("api.fireworks.ai", "fireworks"),
        ("openrouter.ai", "openrouter"),
        ("api.cerebras.ai", "cerebras"),
        ("api.moonshot.ai", "moonshotai"),
        ("api.cohere.com", "cohere"),
        ("generativelanguage.googleapis.com", "google"),
    ];
    VENDORS.iter().find(|(known, _)| *known == host).map(|(_, vendor)| *vendor)
}

impl Provider for OpenAi {
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
        self.vendor
    }

    fn speaks(&self) -> Option<Vendor> {
        Some(Vendor::Openai)
    }

    fn describe(&self, upstream: &str) -> ModelInfo {
        let mut info = ModelInfo::named(upstream, self.name());
        self.dialect().limit(upstream, &mut info);
        info
    }

    fn list(&self) -> BoxFuture<'_, Result<Vec<Listed>, ApiError>> {
        async {
            let list: List = self.upstream.get("/models", &[]).await?;
            let (signed, mut models) = list.read(self.name(), self.dialect());
            let dialect = signed.unwrap_or(self.dialect());
            let unsigned_ollama = signed.is_none() && dialect == Dialect::Ollama;
            if self.looked_for && signed.is_none() && !(unsigned_ollama && list::is_ollama(&self.upstream).await) {
                let message = format!("What answers at {} is no {}.", self.endpoint(), self.name());
                return Err(ApiError::new(Code::UpstreamInvalid, message));
            }
            *self.dialect.write().unwrap_or_else(PoisonError::into_inner) = dialect;
            list::enrich(&self.upstream, dialect, &mut models, &self.shown).await;
            Ok(models)
        }
        .boxed()
    }

    fn check<'a>(&'a self, model: &'a Model, request: &'a ChatRequest) -> BoxFuture<'a, Result<(), ApiError>> {
        // llama.cpp's server reads a tool's name as "auto". What else a server cannot do, it says itself.
        let named = request.tool_choice().map(ToolChoice::read);
        let lost = self.dialect() == Dialect::LlamaCpp && matches!(named, Some(Ok(ToolChoice::Tool(_))));
        let checked = if lost {
            let message = format!(
                "`{}` cannot be told by `tool_choice` which tool to call: its server knows auto, none and required. Nothing was sent.",
                model.info.name
            );
            Err(ApiError::new(Code::ParameterNotSupported, message).hint("Offer that tool alone, with \"required\"."))
        } else if request.provider_options().is_some() && request.native().is_none() {
            body::encode(&model.upstream, self.dialect(), request).map(drop)
        } else {
            Ok(())
        };
        std::future::ready(checked).boxed()
    }

    fn embed<'a>(&'a self, body: String) -> BoxFuture<'a, Option<Result<Bytes, ApiError>>> {
        async move { Some(self.upstream.forward("/embeddings", body).await) }.boxed()
    }

    fn body(&self, name: &str, _: &Model, request: &ChatRequest) -> Option<Result<String, ApiError>> {
        Some(body::encode(name, self.dialect(), request))
    }

    fn stream(&self, model: &Model, request: ChatRequest) -> Updates {
        let params = request.params().clone();
        let started = Update::Started { params, input_tokens: None, cached_input_tokens: 0 };
        match body::encode(&model.upstream, self.dialect(), &request) {
            Ok(body) => self.upstream.stream(started, "/chat/completions", &[], body, ChunkReader::default()),
            Err(error) => stream::iter([Ok(started), Err(error)]).boxed(),
        }
    }
}

/// The body in OpenAI's own dialect.
///
/// # Errors
/// When something of the request cannot be said on this wire.
pub fn encode(model: &str, request: &ChatRequest) -> Result<String, ApiError> {
    body::encode(model, Dialect::OpenAi, request)
}

#[cfg(test)]
mod tests {
    use super::super::corpus;
    use super::*;

    #[test]
    fn every_dialect_is_read_as_its_server_means_it() {
        for dialect in ["openai", "ollama", "llamacpp", "vllm", "deepseek", "openrouter"] {
            corpus::check(dialect, ChunkReader::default);
        }
    }
}
