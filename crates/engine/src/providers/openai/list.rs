//! Which models a server lists, and what it tells of each.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use domain::ModelInfo;
use domain::limits::UPSTREAM_MODELS_MAX;
use futures::{StreamExt, stream};
use serde::Deserialize;
use serde_json::{Value, json};

use super::dialect::Dialect;
use crate::providers::Listed;
use crate::providers::upstream::Upstream;

/// Models of Ollama that are asked about at a time.
const ASKED_AT_ONCE: usize = 4;

/// `GET /v1/models`.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum List {
    /// OpenAI's shape. Some servers write `null` where they have none.
    Wrapped {
        #[serde(default)]
        data: Option<Vec<Value>>,
    },
    /// Together's.
    Bare(Vec<Value>),
}

/// One model on the list.
#[derive(Deserialize)]
struct Entry {
    id: String,
    #[serde(default)]
    owned_by: Option<String>,
    #[serde(default)]
    created: Option<f64>,
    /// vLLM's.
    #[serde(default)]
    max_model_len: Option<f64>,
    /// llama.cpp's.
    #[serde(default)]
    meta: Option<Meta>,
    /// OpenRouter's and Mistral's names for it.
    #[serde(default, alias = "max_context_length")]
    context_length: Option<f64>,
}

#[derive(Deserialize)]
struct Meta {
    #[serde(default)]
    n_ctx: Option<f64>,
    #[serde(default)]
    n_ctx_train: Option<f64>,
}

/// A count of tokens as servers write it; 0 where they do not know.
fn tokens(number: Option<f64>) -> Option<u32> {
    number.filter(|number| *number >= 1.0).map(|number| number as u32)
}

/// `GET /props` of llama.cpp's server.
#[derive(Deserialize)]
struct Props {
    #[serde(default)]
    default_generation_settings: PropsSettings,
    #[serde(default)]
    modalities: Option<Modalities>,
    #[serde(default)]
    chat_template_caps: TemplateCaps,
}

/// What the model's chat template can do with a request.
#[derive(Default, Deserialize)]
struct TemplateCaps {
    #[serde(default)]
    supports_reasoning_effort: bool,
}

#[derive(Default, Deserialize)]
struct PropsSettings {
    #[serde(default)]
    n_ctx: Option<f64>,
}

#[derive(Deserialize)]
struct Modalities {
    #[serde(default)]
    vision: bool,
}

/// `POST /api/show` of Ollama.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Shown {
    #[serde(default)]
    capabilities: Option<Vec<String>>,
    /// A Modelfile's parameters, one a line.
    #[serde(default)]
    parameters: Option<String>,
}

/// `GET /api/ps` of Ollama: the models that are loaded.
#[derive(Default, Deserialize)]
struct Loaded {
    #[serde(default)]
    models: Vec<LoadedModel>,
}

#[derive(Deserialize)]
struct LoadedModel {
    name: String,
    #[serde(default)]
    context_length: Option<f64>,
}

/// What Ollama has told of its models, by name and time of making: it is asked again only for what has changed.
pub type Known = HashMap<(String, Option<i64>), Shown>;

impl List {
    /// Its entries; one that cannot be read is left out, and takes no other with it.
    fn entries(self) -> Vec<Entry> {
        let entries = match self {
            Self::Wrapped { data } => data.unwrap_or_default(),
            Self::Bare(data) => data,
        };
        entries.into_iter().filter_map(|entry| serde_json::from_value(entry).ok()).collect()
    }

    /// Who signs it, and the models on it.
    #[must_use]
    pub fn read(self, provider: &str, usual: Dialect) -> (Option<Dialect>, Vec<Listed>) {
        let entries = self.entries();
        let signed = entries.iter().find_map(|entry| Dialect::of_owner(entry.owned_by.as_deref()?));
        let dialect = signed.unwrap_or(usual);
        let chats = entries.into_iter().filter(|entry| dialect.chats(&entry.id));
        let models = chats.take(UPSTREAM_MODELS_MAX).map(|entry| {
            let mut info = ModelInfo::named(&entry.id, provider);
            let meta = entry.meta.and_then(|meta| tokens(meta.n_ctx).or(tokens(meta.n_ctx_train)));
            info.context_tokens = tokens(entry.max_model_len).or(meta).or(tokens(entry.context_length));
            info.created_s = entry.created.map(|created| created as i64);
            dialect.limit(&entry.id, &mut info);
            Listed { upstream: entry.id, info }
        });
        (signed, models.collect())
    }
}

/// Asks the server's own API for what OpenAI's does not tell: context, pictures, tools. What it does not say stays
/// as it is.
pub async fn enrich(upstream: &Upstream, dialect: Dialect, models: &mut Vec<Listed>, known: &Mutex<Known>) {
    let root = upstream.root();
    match dialect {
        Dialect::LlamaCpp => {
            let Ok(props) = root.get::<Props>("/props", &[]).await else { return };
            for model in models {
                take_props(&props, &mut model.info);
            }
        }
        Dialect::Ollama => {
            let loaded: Loaded = root.get("/api/ps", &[]).await.unwrap_or_default();
            let shown = show(&root, models, known).await;
            models.retain_mut(|model| {
                let name = &model.upstream;
                let running = loaded.models.iter().find(|loaded| loaded.name == *name);
                let running = running.and_then(|loaded| tokens(loaded.context_length));
                // One that does not tell is taken as it was listed.
                let told = shown.get(&(name.clone(), model.info.created_s));
                told.is_none_or(|shown| take_shown(shown, running, &mut model.info))
            });
        }
        Dialect::Plain | Dialect::OpenAi | Dialect::Vllm => {}
    }
}

/// What Ollama tells of these models, asked for where it is not known yet.
async fn show(root: &Upstream, models: &[Listed], known: &Mutex<Known>) -> Known {
    let key = |model: &Listed| (model.upstream.clone(), model.info.created_s);
    let lock = || known.lock().unwrap_or_else(PoisonError::into_inner);
    let mut shown = lock().clone();
    shown.retain(|known, _| models.iter().any(|model| key(model) == *known));
    let missing: Vec<_> = models.iter().map(key).filter(|key| !shown.contains_key(key)).collect();
    let asked = stream::iter(missing).map(|key| async move {
        let told = root.post::<Shown>("/api/show", &json!({"model": key.0})).await;
        Some((key, told.ok()?))
    });
    shown.extend(asked.buffered(ASKED_AT_ONCE).filter_map(std::future::ready).collect::<Vec<_>>().await);
    lock().clone_from(&shown);
    shown
}

/// Whether Ollama answers there, whoever its list is signed by.
pub async fn is_ollama(upstream: &Upstream) -> bool {
    #[derive(Deserialize)]
    struct Version {
        #[serde(rename = "version")]
        _version: String,
    }
    upstream.root().get::<Version>("/api/version", &[]).await.is_ok()
}

fn take_props(props: &Props, info: &mut ModelInfo) {
    info.context_tokens = tokens(props.default_generation_settings.n_ctx).or(info.context_tokens);
    if props.chat_template_caps.supports_reasoning_effort {
        info.unsupported.retain(|name| name != "reasoning_effort");
    }
    if let Some(modalities) = &props.modalities {
        info.images = modalities.vision;
    }
}

/// Says whether the model answers prompts: Ollama lists models for vectors beside those that do.
///
/// Its context is what Ollama serves, not what the model was trained for: longer prompts are cut without a word.
fn take_shown(shown: &Shown, running: Option<u32>, info: &mut ModelInfo) -> bool {
    let lines = shown.parameters.as_deref().unwrap_or_default().lines();
    let set = lines.filter_map(|line| line.trim().strip_prefix("num_ctx")?.trim().parse::<u32>().ok()).next();
    info.context_tokens = running.or(set);
    if info.context_tokens.is_none() {
        info.note = Some(
            "Ollama decides its context size when it loads the model, and cuts longer prompts without saying so."
                .into(),
        );
    }
    let Some(capabilities) = &shown.capabilities else { return true };
    let can = |what: &str| capabilities.iter().any(|capability| capability == what);
    info.tools = can("tools");
    info.images = can("vision");
    if !can("thinking") {
        info.unsupported.push("reasoning_effort".into());
    }
    can("completion")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LLAMACPP: &str = include_str!("../../../tests/wires/models/llamacpp.json");
    const VLLM: &str = include_str!("../../../tests/wires/models/vllm.json");
    const OLLAMA: &str = include_str!("../../../tests/wires/models/ollama.json");
    const OPENAI: &str = include_str!("../../../tests/wires/models/openai.json");
    const DEEPSEEK: &str = include_str!("../../../tests/wires/models/deepseek.json");
    const LOADING: &str = include_str!("../../../tests/wires/models/llamacpp-loading.json");
    const SHOWN: &str = include_str!("../../../tests/wires/models/ollama-show.json");
    const PROPS: &str = include_str!("../../../tests/wires/models/llamacpp-props.json");

    fn list(text: &str) -> (Option<Dialect>, Vec<Listed>) {
        serde_json::from_str::<List>(text).expect("a list").read("lab", Dialect::Plain)
    }

    #[test]
    fn servers_are_told_by_their_lists() {
        for (text, dialect) in [
            (LLAMACPP, Some(Dialect::LlamaCpp)),
            (VLLM, Some(Dialect::Vllm)),
            (OLLAMA, Some(Dialect::Ollama)),
            // Gateways sign other vendors' models so, too.
            (OPENAI, None),
            (DEEPSEEK, None),
            (LOADING, Some(Dialect::LlamaCpp)),
        ] {
            let (told, models) = list(text);
            assert_eq!(told, dialect);
            assert!(!models.is_empty(), "{dialect:?}");
        }
        assert!(list(VLLM).1[0].info.context_tokens.is_some());
        assert!(list(LLAMACPP).1[0].info.context_tokens.is_some());
        assert!(list(r#"{"object":"list","data":null}"#).1.is_empty());
    }

    #[test]
    fn an_odd_entry_takes_no_other_with_it() {
        let odd = r#"[{"id":"a","created":1.5,"context_length":8e9},{"id":7},{"id":"b","meta":{"n_ctx":0}}]"#;
        let (_, models) = list(odd);
        let names: Vec<_> = models.iter().map(|model| model.upstream.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!((models[0].info.context_tokens, models[1].info.context_tokens), (Some(u32::MAX), None));
    }

    #[test]
    fn more_is_told_by_their_own_api() {
        let mut info = ModelInfo::named("m", "p");
        take_props(&serde_json::from_str(PROPS).expect("props"), &mut info);
        assert!(info.context_tokens.is_some());
        let router: Props = serde_json::from_str(r#"{"default_generation_settings":{"n_ctx":0}}"#).expect("props");
        let mut info = ModelInfo::named("m", "p");
        take_props(&router, &mut info);
        assert_eq!(info.context_tokens, None, "a router does not know");
        let shown: Shown = serde_json::from_str(SHOWN).expect("shown");
        assert!(take_shown(&shown, Some(4_096), &mut info));
        assert_eq!(info.context_tokens, Some(4_096));
        let mut info = ModelInfo::named("m", "p");
        let set = Shown { parameters: Some("stop \"x\"\nnum_ctx   16384".into()), ..shown.clone() };
        take_shown(&set, None, &mut info);
        assert_eq!(info.context_tokens, Some(16_384));
        let unset = Shown { parameters: None, ..shown };
        take_shown(&unset, None, &mut info);
        assert!(info.context_tokens.is_none() && info.note.is_some());
        let vectors: Shown = serde_json::from_str(r#"{"capabilities":["embedding"]}"#).expect("shown");
        assert!(!take_shown(&vectors, None, &mut info), "it answers no prompts");
    }
}
