//! What stands in the playground's fields, and the run that it asks for.

use std::collections::BTreeMap;

use domain::error::Code;
use domain::limits::INLINE_BODY_BYTES_MAX;
use domain::{ApiError, ChatMessage, ModelInfo, NewRun, Params, Role, Run, RunId, template};
use reactive_stores::Store;
use serde::{Deserialize, Serialize};

/// The fields of the playground, as typed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Store)]
pub struct Draft {
    /// The system prompt; empty, none is sent.
    pub system: String,
    /// The first message.
    pub message: String,
    /// Values of the variables. One whose variable is gone is kept, in case it comes back.
    pub inputs: BTreeMap<String, String>,
    /// The model's name.
    pub model: String,
    /// Temperature.
    pub temperature: Setting,
    /// Max tokens.
    pub max_tokens: Setting,
    /// The kept run that was opened here.
    pub origin: Option<RunId>,
    /// The run whose output is shown.
    pub run: Option<RunId>,
    /// A run that was sent and has no id yet: sent again after a reload, its `request_id` keeps it one run.
    pub starting: Option<NewRun>,
}

/// A parameter's value, and whether it is sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Store)]
pub struct Setting {
    /// Whether the request carries it.
    pub send: bool,
    /// The value, as typed.
    pub text: String,
}

impl Setting {
    fn of(value: Option<impl ToString>, otherwise: &str) -> Self {
        Self { send: value.is_some(), text: value.map_or_else(|| otherwise.to_owned(), |value| value.to_string()) }
    }

    /// The value that is sent.
    ///
    /// # Errors
    /// What the parameter takes, when the text is not that.
    pub fn value(&self, param: Param, model: &ModelInfo) -> Result<Option<f64>, String> {
        if !self.send {
            return Ok(None);
        }
        let range = model.range(param.key());
        let number = self.text.trim().parse::<f64>().ok();
        number
            .filter(|number| range.contains(*number) && (!param.is_whole() || number.fract() == 0.0))
            .map(Some)
            .ok_or_else(|| {
                let kind = if param.is_whole() { "A whole number, " } else { "" };
                format!("{kind}{} to {} for {}.", range.min, range.max, model.name)
            })
    }
}

/// A parameter that has a row in the rail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Param {
    /// `temperature`
    Temperature,
    /// `max_tokens`
    MaxTokens,
}

impl Param {
    /// Its name in a request.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Temperature => "temperature",
            Self::MaxTokens => "max_tokens",
        }
    }

    /// Its name for people.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Temperature => "Temperature",
            Self::MaxTokens => "Max tokens",
        }
    }

    /// Whether it has no fractions.
    #[must_use]
    pub const fn is_whole(self) -> bool {
        matches!(self, Self::MaxTokens)
    }
}

/// Room in a frame for what stands around the run, in bytes.
const FRAME_ROOM_BYTES: usize = 1024;

/// Why a run was not sent, or not taken.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// What happened, why, what to do.
    pub error: ApiError,
    /// What the server's log calls the request, if it got that far.
    pub request_id: Option<String>,
    /// What one click would mend.
    pub fix: Option<Fix>,
}

/// What one click would mend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fix {
    /// Go to the variable that has no value.
    Fill(String),
    /// Leave the parameter out.
    Omit(Param),
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        Self { error, request_id: None, fix: None }
    }
}

impl Draft {
    /// The example that a first visit finds.
    #[must_use]
    pub fn example(model: &ModelInfo) -> Self {
        Self {
            system: "You are a helpful assistant.".into(),
            message: "Describe a quiet morning by the sea in three sentences.".into(),
            model: model.name.clone(),
            temperature: Setting { send: true, text: "0.5".into() },
            max_tokens: Setting { send: true, text: "256".into() },
            ..Self::default()
        }
    }

    /// The fields that ask for a kept run again, and what of it has no field on this page yet.
    #[must_use]
    pub fn of_run(run: &Run) -> (Self, Option<String>) {
        let Ok(asked) = serde_json::from_str::<NewRun>(run.request.as_str()) else {
            return (Self { origin: Some(run.id), run: Some(run.id), ..Self::default() }, Some("its request".into()));
        };
        let text = |role| asked.messages.iter().find(|message| message.role == role).map(|m| m.content.text());
        let (system, message) = (text(Role::System), text(Role::User));
        let shown = usize::from(system.is_some()) + usize::from(message.is_some());
        let mut left_out = Vec::new();
        match asked.messages.len() - shown {
            0 => {}
            1 => left_out.push("1 more message".to_owned()),
            n => left_out.push(format!("{n} more messages")),
        }
        if !asked.tools.is_empty() {
            left_out.push("tools".into());
        }
        if asked.tool_choice.is_some() {
            left_out.push("the tool choice".into());
        }
        if asked.provider_options.is_some() {
            left_out.push("provider options".into());
        }
        if asked.response_format.is_some() {
            left_out.push("the response format".into());
        }
        let rows = [Param::Temperature.key(), Param::MaxTokens.key()];
        left_out.extend(asked.params.names().into_iter().filter(|name| !rows.contains(name)).map(str::to_owned));
        let draft = Self {
            system: system.unwrap_or_default(),
            message: message.unwrap_or_default(),
            inputs: asked.inputs,
            model: asked.model,
            temperature: Setting::of(asked.params.temperature, "1"),
            max_tokens: Setting::of(asked.params.max_tokens, "256"),
            origin: Some(run.id),
            run: Some(run.id),
            starting: None,
        };
        (draft, (!left_out.is_empty()).then(|| left_out.join(", ")))
    }

    /// The setting of a parameter.
    #[must_use]
    pub const fn setting(&self, param: Param) -> &Setting {
        match param {
            Param::Temperature => &self.temperature,
            Param::MaxTokens => &self.max_tokens,
        }
    }

    /// The variables of all texts, in the order of their first use.
    #[must_use]
    pub fn variables(&self) -> Vec<String> {
        variables(&self.system, &self.message)
    }

    /// The run that the fields ask for. The server checks it again.
    ///
    /// # Errors
    /// The first thing that would be refused, with what one click would mend.
    pub fn compose(&self, model: &ModelInfo) -> Result<NewRun, Refusal> {
        let params = Params {
            temperature: self.number(Param::Temperature, model)?,
            max_tokens: self.number(Param::MaxTokens, model)?.map(|number| number as u32),
            ..Params::default()
        };
        let variables = self.variables();
        if let Some(name) =
            variables.iter().find(|name| self.inputs.get(name.as_str()).is_none_or(|value| value.is_empty()))
        {
            let error = ApiError::new(
                Code::UnfilledVariable,
                format!("{{{{{name}}}}} is in the prompt and has no value. Nothing was sent."),
            );
            return Err(Refusal { fix: Some(Fix::Fill(name.clone())), ..error.into() });
        }
        let system = Some(ChatMessage::text(Role::System, &self.system)).filter(|_| !self.system.trim().is_empty());
        let messages = system.into_iter().chain([ChatMessage::text(Role::User, &self.message)]).collect();
        let inputs = self.inputs.iter().filter(|(name, _)| variables.contains(name));
        let run = NewRun {
            params,
            inputs: inputs.map(|(name, value)| (name.clone(), value.clone())).collect(),
            ..NewRun::new(&self.model, messages)
        };
        check_size(&run)?;
        run.check()?;
        run.params.check(model)?;
        Ok(run)
    }

    fn number(&self, param: Param, model: &ModelInfo) -> Result<Option<f64>, Refusal> {
        self.setting(param).value(param, model).map_err(|takes| {
            let text = self.setting(param).text.trim();
            let given = if text.is_empty() { "empty".to_owned() } else { format!("“{text}”") };
            let message = format!("{} is {given}. {takes} Nothing was sent.", param.label());
            let error = ApiError::new(Code::ParameterOutOfRange, message);
            Refusal { fix: Some(Fix::Omit(param)), ..error.into() }
        })
    }
}

/// Refuses what the server would not read, before it is sent.
fn check_size(run: &NewRun) -> Result<(), ApiError> {
    let texts = run.messages.iter().flat_map(|message| message.content.texts());
    let bytes: usize = texts.chain(run.inputs.values().map(String::as_str)).map(str::len).sum();
    // JSON writes a byte as six at the most: below that nothing has to be counted.
    let fits = bytes <= INLINE_BODY_BYTES_MAX / 8
        || serde_json::to_string(run).is_ok_and(|json| json.len() + FRAME_ROOM_BYTES <= INLINE_BODY_BYTES_MAX);
    if fits {
        return Ok(());
    }
    let megabytes = INLINE_BODY_BYTES_MAX / 1024 / 1024;
    Err(ApiError::new(Code::BodyTooLarge, format!("The prompt is larger than {megabytes} MiB. Nothing was sent."))
        .hint("Shorten the prompt or an input."))
}

/// The variables of a system prompt and a message, in the order of their first use.
#[must_use]
pub fn variables(system: &str, message: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in template::variables(system).into_iter().chain(template::variables(message)) {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model() -> ModelInfo {
        ModelInfo { context_tokens: Some(8192), ..ModelInfo::named("tiny", "embedded") }
    }

    #[test]
    fn a2_what_is_switched_off_is_absent() {
        let mut draft = Draft::example(&model());
        draft.temperature.send = false;
        let run = draft.compose(&model()).expect("the example can be run");
        assert_eq!(run.params.names(), ["max_tokens"]);
        assert_eq!(run.messages.len(), 2);
        draft.system = "  ".into();
        assert_eq!(draft.compose(&model()).expect("no system prompt").messages.len(), 1);
    }

    #[test]
    fn a2_a_number_out_of_range_names_the_range_and_can_be_omitted() {
        let mut draft = Draft::example(&model());
        draft.temperature.text = "3".into();
        let refusal = draft.compose(&model()).expect_err("3 is above 2");
        assert!(refusal.error.message.contains("0 to 2 for tiny"), "{}", refusal.error);
        assert_eq!(refusal.fix, Some(Fix::Omit(Param::Temperature)));
        draft.temperature.text = "0.5".into();
        draft.max_tokens.text = "1.5".into();
        assert!(draft.compose(&model()).expect_err("no fractions").error.message.contains("A whole number, 1 to 8192"));
    }

    #[test]
    fn a1_a_variable_without_a_value_is_named() {
        let mut draft = Draft::example(&model());
        draft.message = "About {{topic}} in {{style}}, {{topic}}".into();
        draft.inputs.insert("topic".into(), "rivers".into());
        draft.inputs.insert("gone".into(), "kept here, not sent".into());
        let refusal = draft.compose(&model()).expect_err("style is empty");
        assert_eq!(refusal.fix, Some(Fix::Fill("style".into())));
        draft.inputs.insert("style".into(), "verse".into());
        let run = draft.compose(&model()).expect("all are filled");
        assert_eq!(run.inputs.keys().collect::<Vec<_>>(), ["style", "topic"]);
    }
}
