//! Runs, for the page.
#![expect(missing_docs, reason = "the macro turns arguments into fields of a public struct")]

use std::collections::BTreeMap;

use domain::{Role, Run, RunId};
use leptos::prelude::*;
use leptos::server_fn::codec::{GetUrl, PostUrl};
use serde::{Deserialize, Serialize};

use super::error::PageError;
use super::html::{Answer, Html};
use super::json::Json;
use crate::state::draft::{Draft, DraftMessage, FormatDraft};
use crate::state::settings::{Param, Setting};

/// The playground's form, as a browser without JavaScript sends it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct StartForm {
    system: String,
    messages: Vec<FormMessage>,
    inputs: BTreeMap<String, String>,
    model: String,
    /// The parameters whose switches are on.
    send: BTreeMap<String, String>,
    params: BTreeMap<String, String>,
    send_format: Option<String>,
    format: String,
    schema: String,
    tools: String,
    tool_choice: String,
    one_call: Option<String>,
    options: String,
}

/// One message of the form.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FormMessage {
    role: Role,
    #[serde(default)]
    text: String,
}

impl From<StartForm> for Draft {
    fn from(form: StartForm) -> Self {
        // A form's line ends are CR LF; a text's are LF, as the same text has them over the live connection.
        let text = |text: String| text.replace("\r\n", "\n");
        let messages = (1..).zip(form.messages);
        let settings = Param::ALL.into_iter().filter_map(|param| {
            let value = form.params.get(param.key())?.clone();
            Some((param, Setting { send: form.send.contains_key(param.key()), text: text(value) }))
        });
        Self {
            system: text(form.system),
            messages: messages.map(|(id, message)| DraftMessage::new(id, message.role, text(message.text))).collect(),
            inputs: form.inputs.into_iter().map(|(name, value)| (name, text(value))).collect(),
            model: form.model,
            settings: settings.collect(),
            format: FormatDraft {
                send: form.send_format.is_some(),
                kind: form.format,
                schema: text(form.schema),
                ..FormatDraft::default()
            },
            tools: text(form.tools),
            tool_choice: form.tool_choice,
            one_call: form.one_call.is_some(),
            options: text(form.options),
            ..Self::default()
        }
    }
}

/// Reads a kept run.
#[server(prefix = "/api", endpoint = "run", input = GetUrl, output = Json)]
pub async fn get_run(id: RunId) -> Result<Run, PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    Ok(engine.runs().get(&principal, id).await?)
}

/// Reads the recorded events of a run: seq, kind, data.
#[server(prefix = "/api", endpoint = "run-events", input = GetUrl, output = Json)]
pub async fn run_events(id: RunId) -> Result<Vec<(u64, domain::EventKind, String)>, PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    let entries = engine.runs().so_far(&principal, id).await?;
    Ok(entries.iter().map(|entry| (entry.seq, entry.kind, entry.text().to_owned())).collect())
}

/// Counts the tokens of a prompt exactly; `None` where only its provider can.
#[server(prefix = "/api", endpoint = "count", input = Json, output = Json)]
pub async fn count_tokens(run: domain::NewRun) -> Result<Option<u64>, PageError> {
    Ok(expect_context::<engine::Engine>().runs().count(run).await?)
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
