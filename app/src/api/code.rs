//! Programs that ask for the same, and requests read back from programs.
#![expect(missing_docs, reason = "the macro turns arguments into fields of a public struct")]

use domain::{NewRun, PromptContent, Vendor};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::error::PageError;
use super::json::Json;

/// A program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snippet {
    /// Its text: runs unchanged.
    pub text: String,
    /// The model's provider, where it can be asked in these words without Etude.
    pub provider: Option<String>,
    /// The variable of the environment that holds the key of where it goes.
    pub key_env: String,
    /// Where it goes.
    pub url: String,
}

/// A request that was read from something pasted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pasted {
    /// What it was recognised as.
    pub kind: String,
    /// What it is called there.
    pub name: Option<String>,
    /// What it asks for.
    pub content: PromptContent,
    /// What was not taken over, and why.
    pub left_out: Vec<(String, String)>,
}

/// Writes the program that asks for a run: in `language` (`curl`, `python`, `typescript`, `rust`), to Etude at `base` or,
/// where `direct`, to the model's provider.
#[server(prefix = "/api", endpoint = "code", input = Json, output = Json)]
pub async fn write_code(
    run: NewRun,
    language: String,
    vendor: Vendor,
    direct: bool,
    stream: bool,
    base: String,
) -> Result<Snippet, PageError> {
    use domain::{ApiError, Code};
    use wires::code::{At, Call, Language, write};
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    let language = Language::from_word(&language)
        .ok_or_else(|| ApiError::new(Code::InvalidRequest, "There is no such language here.").param("language"))?;
    let spoken = engine.runs().spoken(&principal, run, vendor, direct, stream).await?;
    let provider = spoken.provider.as_ref();
    let (url, key_env) = match provider.filter(|_| direct) {
        Some(provider) => (provider.base_url.clone(), provider.key_env.clone()),
        None => (base, "ETUDE_KEY".to_owned()),
    };
    let at = if direct { At::Provider { base_url: &url, key_env: &key_env } } else { At::Etude { url: &url } };
    let text = write(language, &Call { vendor, at, body: &spoken.body });
    Ok(Snippet { text, provider: provider.map(|provider| provider.name.clone()), key_env, url })
}

/// Reads a request from a curl command, a program, the JSON of a request, or an exported prompt.
#[server(prefix = "/api", endpoint = "paste", input = Json, output = Json)]
pub async fn paste_code(text: String) -> Result<Pasted, PageError> {
    let pasted = wires::paste::read(&text)?;
    let left_out = pasted.left_out.into_iter().map(|left| (left.what, left.why)).collect();
    let content = PromptContent::of_run(pasted.run);
    Ok(Pasted { kind: pasted.kind.to_string(), name: pasted.name, content, left_out })
}
