//! From what was asked for to what a provider is given: variables filled, parameters checked.

use std::collections::BTreeMap;

use domain::chat::{ResponseFormat, ResponseKind, Tool, Verbatim};
use domain::limits::INLINE_BODY_BYTES_MAX;
use domain::{ApiError, ChatMessage, Code, ModelInfo, NewRun, Params, Role, template};
use serde::de::IgnoredAny;

/// What a provider is given. Only [`render`] builds one, so that nothing unchecked reaches a provider.
#[derive(Debug, Clone)]
pub struct ChatRequest {
    messages: Vec<ChatMessage>,
    params: Params,
    tools: Vec<Tool>,
    tool_choice: Option<Verbatim>,
    response_format: Option<ResponseFormat>,
    provider_options: Option<Verbatim>,
}

impl ChatRequest {
    /// The messages, their variables filled.
    #[must_use]
    pub fn messages(&self) -> &[ChatMessage] {
        &self.messages
    }

    /// The parameters that were asked for; what is absent is not sent.
    #[must_use]
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// The tools.
    #[must_use]
    pub fn tools(&self) -> &[Tool] {
        &self.tools
    }

    /// Whether a tool must be called.
    #[must_use]
    pub fn tool_choice(&self) -> Option<&Verbatim> {
        self.tool_choice.as_ref()
    }

    /// The form of the answer, where one is demanded.
    #[must_use]
    pub fn response_format(&self) -> Option<&ResponseFormat> {
        self.response_format.as_ref().filter(|format| format.kind != ResponseKind::Text)
    }

    /// Free JSON for the provider.
    #[must_use]
    pub fn provider_options(&self) -> Option<&Verbatim> {
        self.provider_options.as_ref()
    }
}

/// Fills the variables and checks everything that can be checked without asking the provider.
///
/// # Errors
/// The first thing that is wrong, named.
pub fn render(new: &NewRun, model: &ModelInfo) -> Result<ChatRequest, ApiError> {
    new.params.check(model)?;
    check_tools(new, model)?;
    check_format(new.response_format.as_ref())?;
    let mut messages = Vec::with_capacity(new.messages.len());
    let mut room = INLINE_BODY_BYTES_MAX;
    for (n, message) in new.messages.iter().enumerate() {
        if message.role != Role::Assistant && !message.tool_calls.is_empty() {
            return Err(invalid(format!(
                "`messages[{n}].tool_calls` stands in a message of role `{}`; only an assistant calls tools.",
                message.role.as_str()
            )));
        }
        let content = message.content.try_map(|text| template::render(text, &new.inputs, &mut room))?;
        if content.texts().any(|text| text.contains('\0')) {
            return Err(invalid(format!(
                "`messages[{n}].content` contains a NUL character, which models cannot take."
            )));
        }
        messages.push(ChatMessage { content, ..message.clone() });
    }
    check_options(new.provider_options.as_ref())?;
    check_verbatim(new)?;
    Ok(ChatRequest {
        messages,
        params: new.params.clone(),
        tools: new.tools.clone(),
        tool_choice: new.tool_choice.clone(),
        response_format: new.response_format.clone(),
        provider_options: new.provider_options.clone(),
    })
}

fn invalid(message: String) -> ApiError {
    ApiError::new(Code::InvalidRequest, message)
}

/// What the run itself decides; in `provider_options` it would stand in the body twice.
const RESERVED: [&str; 4] = ["model", "messages", "stream", "stream_options"];

fn check_options(options: Option<&Verbatim>) -> Result<(), ApiError> {
    let Some(options) = options else { return Ok(()) };
    let Ok(fields) = serde_json::from_str::<BTreeMap<String, IgnoredAny>>(options.as_str()) else {
        return Err(invalid("`provider_options` must be a JSON object.".into()));
    };
    match RESERVED.iter().find(|field| fields.contains_key(**field)) {
        None => Ok(()),
        Some(field) => Err(invalid(format!("`provider_options.{field}` is decided by the run itself. Leave it out."))),
    }
}

/// What goes through as it is must still be JSON that can be read: not nested without end, no number that is none.
fn check_verbatim(new: &NewRun) -> Result<(), ApiError> {
    let tools = new.tools.iter().filter_map(|tool| tool.parameters.as_ref()).map(|json| ("tools[].parameters", json));
    let choice = new.tool_choice.iter().map(|json| ("tool_choice", json));
    let schema = new.response_format.iter().filter_map(|format| format.schema.as_ref());
    for (field, json) in tools.chain(choice).chain(schema.map(|json| ("response_format.schema", json))) {
        serde_json::from_str::<serde_json::Value>(json.as_str())
            .map_err(|error| invalid(format!("`{field}` cannot be used: {error}.")))?;
    }
    Ok(())
}

fn check_tools(new: &NewRun, model: &ModelInfo) -> Result<(), ApiError> {
    if model.tools {
        return Ok(());
    }
    let asks = [
        ("tools", !new.tools.is_empty()),
        ("tool_choice", new.tool_choice.is_some()),
        ("messages with role `tool`", new.messages.iter().any(|message| message.role == Role::Tool)),
        ("messages with `tool_calls`", new.messages.iter().any(|message| !message.tool_calls.is_empty())),
    ];
    match asks.into_iter().find(|(_, asked)| *asked) {
        None => Ok(()),
        Some((what, _)) => Err(ApiError::new(
            Code::ParameterNotSupported,
            format!("`{}` cannot call tools, and the request has {what}. Nothing was sent.", model.name),
        )
        .hint("Leave the tools out, or choose another model.")),
    }
}

fn check_format(format: Option<&ResponseFormat>) -> Result<(), ApiError> {
    let Some(format) = format else { return Ok(()) };
    match (format.kind, &format.schema) {
        (ResponseKind::JsonSchema, None) => Err(ApiError::new(
            Code::InvalidResponseFormat,
            "`response_format` is of type `json_schema` and has no `schema`.",
        )),
        (ResponseKind::Text | ResponseKind::JsonObject, Some(_)) => Err(ApiError::new(
            Code::InvalidResponseFormat,
            "`response_format.schema` goes with type `json_schema` alone.",
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d1_values_are_filled_in_and_tools_refused_where_there_are_none() {
        let mut model = ModelInfo::named("m", "p");
        model.tools = false;
        let mut new = NewRun::new("m", vec![ChatMessage::text(Role::User, "About {{topic}}")]);
        new.inputs.insert("topic".into(), "rivers".into());
        let request = render(&new, &model).expect("renders");
        assert_eq!(request.messages()[0].content.text(), "About rivers");
        new.messages.push(ChatMessage::text(Role::Tool, "42"));
        assert_eq!(render(&new, &model).expect_err("no tools").code, Code::ParameterNotSupported);
    }
}
