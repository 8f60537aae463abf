//! Runs, for the page.
#![expect(missing_docs, reason = "the macro turns arguments into fields of a public struct")]

use std::collections::BTreeMap;

use domain::{Run, RunId};
use leptos::prelude::*;
use leptos::server_fn::codec::{GetUrl, PostUrl};
use serde::{Deserialize, Serialize};

use super::error::PageError;
use super::html::{Answer, Html};
use crate::state::draft::{Draft, Setting};

/// The playground's form, as a browser without JavaScript sends it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct StartForm {
    #[serde(default)]
    system: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    inputs: BTreeMap<String, String>,
    #[serde(default)]
    model: String,
    send_temperature: Option<String>,
    #[serde(default)]
    temperature: String,
    send_max_tokens: Option<String>,
    #[serde(default)]
    max_tokens: String,
}

impl From<StartForm> for Draft {
    fn from(form: StartForm) -> Self {
        // A form's line ends are CR LF; a text's are LF, as the same text has them over the live connection.
        let text = |text: String| text.replace("\r\n", "\n");
        Self {
            system: text(form.system),
            message: text(form.message),
            inputs: form.inputs.into_iter().map(|(name, value)| (name, text(value))).collect(),
            model: form.model,
            temperature: Setting { send: form.send_temperature.is_some(), text: form.temperature },
            max_tokens: Setting { send: form.send_max_tokens.is_some(), text: form.max_tokens },
            ..Self::default()
        }
    }
}

/// Reads a kept run.
#[server(prefix = "/api", endpoint = "run", input = GetUrl)]
pub async fn get_run(id: RunId) -> Result<Run, PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    Ok(engine.runs().get(&principal, id).await?)
}

/// Starts what a form asks for and leads to the run; refused, answers with the form as it was and why.
#[server(prefix = "/api", endpoint = "start", input = PostUrl, output = Html)]
pub async fn start_run(#[server(flatten)] form: StartForm) -> Result<Answer, PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    let (draft, models) = (Draft::from(form), engine.models());
    let model = crate::state::desk::find(&models, &draft.model).cloned();
    let asked = draft.compose(&model.unwrap_or_else(|| domain::ModelInfo::named(&draft.model, "")));
    let started = match asked {
        Ok(run) => engine.runs().start(&principal, run).await.map_err(|error| domain::ApiError::from(error).into()),
        Err(refusal) => Err(refusal),
    };
    Ok(match started {
        Ok(started) => Answer::see_run(started.run),
        Err(refusal) => Answer::refused(models, draft, refusal),
    })
}
