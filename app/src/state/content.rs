//! From what stands in the fields to what a version holds, and back: lossless.

use domain::chat::{ResponseFormat, ResponseKind, Tool, Verbatim};
use domain::error::Code;
use domain::{ApiError, ChatMessage, Content, ModelInfo, Params, Preset, PromptContent, Role};
use serde::de::DeserializeOwned;

use super::compose::{Fix, Refusal};
use super::desk::find;
use super::draft::{Draft, DraftMessage, FormatDraft};
use super::exact::{Shown, ShownFormat};
use super::pretty::pretty;
use super::settings::{Param, Setting};

/// How a refusal to run ends.
pub const NOT_SENT: &str = "Nothing was sent.";
/// How a refusal to save ends.
pub const NOT_SAVED: &str = "Nothing was saved.";

impl Draft {
    /// All that a version of these fields holds. A parameter that is switched off is not in it.
    ///
    /// # Errors
    /// The first field that cannot be read, with where it is.
    pub fn content(&self) -> Result<PromptContent, Refusal> {
        let mut params = Params::default();
        for (param, setting) in self.settings.iter().filter(|(_, setting)| setting.send) {
            if self.put_exactly(*param, &setting.text, &mut params) {
                continue;
            }
            param
                .read(&setting.text, &mut params)
                .map_err(|takes| param_refused(*param, setting, &takes, NOT_SAVED))?;
        }
        Ok(PromptContent {
            model: self.model_name(),
            messages: self.chat_messages(),
            params,
            inputs: self.saved_inputs(),
            tools: self.tool_list(NOT_SAVED)?,
            tool_choice: self.choice(NOT_SAVED)?,
            parallel_tool_calls: self.parallel(),
            response_format: self.response_format(NOT_SAVED)?,
            provider_options: json(&self.options, "options", "Provider options", NOT_SAVED)?,
        })
    }

    /// The fields of a version.
    #[must_use]
    pub fn of_preset(preset: &Preset) -> Self {
        Self {
            prompt: Some(preset.id),
            version: Some(preset.version),
            head: Some(preset.head),
            ..Self::of_content(preset.content.clone())
        }
    }

    /// The fields that say this.
    #[must_use]
    pub fn of_content(content: PromptContent) -> Self {
        let mut draft = Self::default();
        for param in Param::ALL {
            let Some(text) = param.typed(&content.params) else { continue };
            let (mut own, mut again) = (Params::default(), Params::default());
            param.copy(&content.params, &mut own);
            if param.read(&text, &mut again).is_err() || again != own {
                let json = serde_json::to_string(&own).unwrap_or_default();
                draft.exact.params.insert(param, Shown { text: text.clone(), json });
            }
            draft.settings.insert(param, Setting { send: true, text });
        }
        // A field holds one text. A system prompt that is more, or nothing, stands among the messages.
        let is_system = |message: &ChatMessage| {
            let is_text = matches!(&message.content, Content::Text(text) if !text.trim().is_empty());
            let is_alone = message.tool_calls.is_empty() && message.tool_call_id.is_none();
            message.role == Role::System && is_text && is_alone
        };
        let leads = content.messages.first().is_some_and(is_system);
        let (system, rest) = content.messages.split_at(usize::from(leads));
        draft.system = system.first().map(|message| message.content.text()).unwrap_or_default();
        draft.messages = (1..).zip(rest).map(|(id, message)| DraftMessage::of(id, message)).collect();
        draft.take_tools(&content);
        if let Some(format) = content.response_format {
            draft.format = FormatDraft::of(&format);
            if draft.response_format(NOT_SAVED).ok().flatten().as_ref() != Some(&format) {
                draft.exact.format = Some(ShownFormat { shown: draft.format.clone(), format });
            }
        }
        // To the byte: it goes to the provider as it is.
        draft.options = content.provider_options.map(|options| options.as_str().to_owned()).unwrap_or_default();
        draft.model = content.model;
        draft.inputs = content.inputs;
        let saved = draft.saved_inputs();
        draft.exact.inputs = draft.inputs.iter().filter(|(name, _)| !saved.contains_key(*name)).map(own).collect();
        draft
    }

    fn take_tools(&mut self, content: &PromptContent) {
        if !content.tools.is_empty() {
            self.tools = serde_json::to_string_pretty(&content.tools).unwrap_or_default();
            if self.tool_list(NOT_SAVED).ok().as_ref() != Some(&content.tools) {
                let json = serde_json::to_string(&content.tools).unwrap_or_default();
                self.exact.tools = Some(Shown { text: self.tools.clone(), json });
            }
        }
        if let Some(choice) = &content.tool_choice {
            self.tool_choice = choice.as_str().trim_matches('"').to_owned();
            if self.choice(NOT_SAVED).ok().flatten().as_ref() != Some(choice) {
                let json = choice.as_str().to_owned();
                self.exact.tool_choice = Some(Shown { text: self.tool_choice.clone(), json });
            }
        }
        self.one_call = content.parallel_tool_calls == Some(false);
        self.exact.parallel_tool_calls = content.parallel_tool_calls;
    }

    /// Shows the model by its own name, where the draft has another one for it; a version keeps that other one.
    pub fn know_model(&mut self, models: &[ModelInfo]) {
        let Some(known) = find(models, &self.model).filter(|known| known.name != self.model) else { return };
        if self.prompt.is_some() {
            let json = serde_json::to_string(&self.model).unwrap_or_default();
            self.exact.model = Some(Shown { text: known.name.clone(), json });
        }
        self.model.clone_from(&known.name);
    }

    /// The model's name as it is kept.
    #[must_use]
    pub fn model_name(&self) -> String {
        let exact = self.exact.model.as_ref().and_then(|shown| shown.behind(&self.model));
        exact.unwrap_or_else(|| self.model.clone())
    }

    /// The messages, the system prompt first.
    #[must_use]
    pub fn chat_messages(&self) -> Vec<ChatMessage> {
        let system = Some(ChatMessage::text(Role::System, &self.system)).filter(|_| !self.system.trim().is_empty());
        system.into_iter().chain(self.messages.iter().map(DraftMessage::compose)).collect()
    }

    /// Puts a parameter as the version had it, where its field still shows that. Says whether it did.
    pub fn put_exactly(&self, param: Param, text: &str, params: &mut Params) -> bool {
        let exact = self.exact.params.get(&param).and_then(|shown| shown.behind::<Params>(text));
        exact.inspect(|exact| param.copy(exact, params)).is_some()
    }

    /// The values that are kept as defaults: those of the variables that are there.
    fn saved_inputs(&self) -> std::collections::BTreeMap<String, String> {
        let variables = self.variables();
        let is_saved = |name: &String, value: &String| {
            let usual = !value.is_empty() && variables.contains(name);
            !self.unsaved.contains(name) && (usual || self.exact.inputs.get(name) == Some(value))
        };
        self.inputs.iter().filter(|(name, value)| is_saved(name, value)).map(own).collect()
    }

    /// The tools.
    ///
    /// # Errors
    /// Where the field has no list of tools in it.
    pub fn tool_list(&self, end: &str) -> Result<Vec<Tool>, Refusal> {
        match self.exact.tools.as_ref().and_then(|shown| shown.behind(&self.tools)) {
            Some(tools) => Ok(tools),
            None => Ok(json(&self.tools, "tools", "Tools", end)?.unwrap_or_default()),
        }
    }

    /// Whether a tool must be called: a word, or JSON.
    ///
    /// # Errors
    /// Where the field has something else in it.
    pub fn choice(&self, end: &str) -> Result<Option<Verbatim>, Refusal> {
        if let Some(exact) = self.exact.tool_choice.as_ref().and_then(|shown| shown.behind(&self.tool_choice)) {
            return Ok(Some(exact));
        }
        let text = self.tool_choice.trim();
        if text.is_empty() {
            return Ok(None);
        }
        let word = text.chars().all(|char| char.is_ascii_alphabetic()).then(|| format!("\"{text}\""));
        let choice: Option<Verbatim> = json(word.as_deref().unwrap_or(text), "tool_choice", "Tool choice", end)?;
        if let Some(choice) = &choice {
            domain::ToolChoice::read(choice).map_err(|mut error| {
                error.message = error.message.replace(NOT_SENT, end);
                Refusal { fix: Some(Fix::Edit("tool_choice")), ..error.into() }
            })?;
        }
        Ok(choice)
    }

    /// Whether several tools may be called at a time. Without tools there is nothing to say, unless the version said it.
    #[must_use]
    pub fn parallel(&self) -> Option<bool> {
        let said = self.exact.parallel_tool_calls;
        if self.one_call {
            (!self.tools.trim().is_empty() || said == Some(false)).then_some(false)
        } else {
            said.filter(|may| *may)
        }
    }

    /// The form of the answer, where it is sent.
    ///
    /// # Errors
    /// Where the schema is none.
    pub fn response_format(&self, end: &str) -> Result<Option<ResponseFormat>, Refusal> {
        match self.exact.format.as_ref().filter(|exact| exact.shown == self.format) {
            Some(exact) => Ok(Some(exact.format.clone())),
            None => self.format.compose(end),
        }
    }
}

fn own((name, value): (&String, &String)) -> (String, String) {
    (name.clone(), value.clone())
}

impl FormatDraft {
    /// The fields of a format.
    #[must_use]
    pub fn of(format: &ResponseFormat) -> Self {
        Self {
            send: true,
            kind: Self::name_of(format.kind).into(),
            schema: format.schema.as_ref().map(|schema| pretty(schema.as_str())).unwrap_or_default(),
            name: format.name.clone().unwrap_or_default(),
            strict: format.strict,
        }
    }

    fn compose(&self, end: &str) -> Result<Option<ResponseFormat>, Refusal> {
        if !self.send {
            return Ok(None);
        }
        let kind = match self.kind.as_str() {
            "json_object" => ResponseKind::JsonObject,
            "json_schema" => ResponseKind::JsonSchema,
            _ => ResponseKind::Text,
        };
        if kind != ResponseKind::JsonSchema {
            return Ok(Some(ResponseFormat { kind, name: None, schema: None, strict: None }));
        }
        let schema = json(&self.schema, "schema", "Schema", end)?;
        if schema.is_none() {
            return Err(wrong("schema", "The response format is a schema, and the schema is empty.", end));
        }
        let name = Some(self.name.clone()).filter(|name| !name.is_empty());
        Ok(Some(ResponseFormat { kind, name, schema, strict: self.strict }))
    }
}

/// Says what a parameter takes, where the text in its field is not that.
pub fn param_refused(param: Param, setting: &Setting, takes: &str, end: &str) -> Refusal {
    let text = setting.text.trim();
    let given = if text.is_empty() { "empty".to_owned() } else { format!("“{text}”") };
    let message = format!("{} is {given}. {takes} {end}", param.label());
    let error = ApiError::new(Code::ParameterOutOfRange, message);
    Refusal { fix: Some(Fix::Omit(param)), ..error.into() }
}

fn wrong(field: &'static str, why: &str, end: &str) -> Refusal {
    let error = ApiError::new(Code::InvalidRequest, format!("{why} {end}"));
    Refusal { fix: Some(Fix::Edit(field)), ..error.into() }
}

/// What a field of JSON means; nothing where it is empty.
///
/// # Errors
/// Where it is no JSON, or not the JSON that it should be.
pub fn json<T: DeserializeOwned>(
    text: &str,
    field: &'static str,
    label: &str,
    end: &str,
) -> Result<Option<T>, Refusal> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    serde_json::from_str(text).map(Some).map_err(|error| wrong(field, &format!("{label}: {error}."), end))
}

#[cfg(test)]
mod tests;
