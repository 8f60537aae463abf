//! From what was asked for to what a provider is given: variables filled, parameters checked.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::chat::{ResponseFormat, ResponseKind, Tool, Verbatim};
use domain::limits::INLINE_BODY_BYTES_MAX;
use domain::{
    ApiError, ChatMessage, Code, ImageSource, ModelInfo, NewRun, Params, Part, Role, ToolChoice, Vendor, template,
};
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
    parallel_tool_calls: Option<bool>,
    native: Option<Native>,
}

/// A client's own body, for a provider that speaks its wire: sent as it came, but for what the run decides.
#[derive(Debug, Clone)]
pub struct Native {
    /// The body.
    pub body: Arc<str>,
    /// The client's `anthropic-beta`: which fields of the body are meant.
    pub beta: Option<String>,
    /// The client's `anthropic-version`: how the body is meant.
    pub version: Option<String>,
}

impl ChatRequest {
    /// This request, said in the client's own words where it has some; its messages are in them.
    #[must_use]
    pub fn in_own_words(mut self, native: Option<Native>) -> Self {
        if native.is_some() {
            self.messages = Vec::new();
        }
        Self { native, ..self }
    }

    /// The client's own body, where the provider is given it in place of all else here.
    #[must_use]
    pub fn native(&self) -> Option<&Native> {
        self.native.as_ref()
    }

    /// Whether several tools may be called at a time.
    #[must_use]
    pub fn parallel_tool_calls(&self) -> Option<bool> {
        self.parallel_tool_calls
    }

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
    check_format(new.response_format.as_ref(), model)?;
    let mut messages = Vec::with_capacity(new.messages.len());
    let mut room = INLINE_BODY_BYTES_MAX;
    for (n, message) in new.messages.iter().enumerate() {
        if message.role != Role::Assistant && !message.tool_calls.is_empty() {
            return Err(invalid(format!(
                "`messages[{n}].tool_calls` stands in a message of role `{}`; only an assistant calls tools.",
                message.role.as_str()
            )));
        }
        if message.role == Role::Tool && message.tool_call_id.is_none() {
            return Err(invalid(format!("`messages[{n}]` is the result of a tool and has no `tool_call_id`.")));
        }
        check_images(n, message, model)?;
        let content = message.content.try_map(|text| template::render(text, &new.inputs, &mut room))?;
        if content.texts().any(|text| text.contains('\0')) {
            return Err(invalid(format!(
                "`messages[{n}].content` contains a NUL character, which models cannot take."
            )));
        }
        messages.push(ChatMessage { content, ..message.clone() });
    }
    let prefilled = new.messages.last().is_some_and(|message| message.role == Role::Assistant);
    if prefilled && model.refuses("prefill") {
        let last = new.messages.len() - 1;
        return Err(not_taken(&model.name, &format!("the beginning of its answer, and `messages[{last}]` is one"))
            .hint("End with a message of the user, or choose another model."));
    }
    check_verbatim(new)?;
    check_options(new.provider_options.as_ref())?;
    Ok(ChatRequest {
        messages,
        params: new.params.clone(),
        tools: new.tools.clone(),
        tool_choice: new.tool_choice.clone(),
        response_format: new.response_format.clone(),
        provider_options: new.provider_options.clone(),
        parallel_tool_calls: new.parallel_tool_calls,
        native: None,
    })
}

/// Refuses what only one vendor's wire has a word for, where the provider speaks another.
///
/// # Errors
/// With the part named.
pub fn refuse_foreign(new: &NewRun, speaks: Option<Vendor>) -> Result<(), ApiError> {
    for (n, message) in new.messages.iter().enumerate() {
        let foreign = message.content.natives().find_map(|(place, part)| match part {
            Part::Native { vendor, .. } if Some(*vendor) != speaks => Some((place, *vendor)),
            _ => None,
        });
        if let Some((part, vendor)) = foreign {
            let path = format!("messages[{n}].content[{part}]");
            let message = format!(
                "`{path}` is a part that only {}'s wire has, which this model's provider does not speak. Nothing was sent.",
                vendor.name()
            );
            return Err(ApiError::new(Code::ParameterNotSupported, message)
                .hint("Take it out, or choose another model.")
                .param(path));
        }
    }
    Ok(())
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
    let options = new.provider_options.iter().map(|json| ("provider_options", json));
    let tools = new.tools.iter().filter_map(|tool| tool.parameters.as_ref()).map(|json| ("tools[].parameters", json));
    let choice = new.tool_choice.iter().map(|json| ("tool_choice", json));
    let schema = new.response_format.iter().filter_map(|format| format.schema.as_ref());
    for (field, json) in options.chain(tools).chain(choice).chain(schema.map(|json| ("response_format.schema", json))) {
        serde_json::from_str::<serde_json::Value>(json.as_str())
            .map_err(|error| invalid(format!("`{field}` cannot be used: {error}.")))?;
    }
    Ok(())
}

fn check_images(n: usize, message: &ChatMessage, model: &ModelInfo) -> Result<(), ApiError> {
    for image in message.content.images() {
        if !model.images {
            return Err(not_taken(&model.name, &format!("pictures, and `messages[{n}]` has one")));
        }
        if message.role == Role::System {
            return Err(invalid(format!("`messages[{n}]` is a system prompt with a picture; models take text there.")));
        }
        let source = image.source().map_err(|mut error| {
            error.message = format!("`messages[{n}]`: {}", error.message);
            error
        })?;
        if matches!(source, ImageSource::Remote(_)) && model.refuses("image_url") {
            return Err(not_taken(&model.name, &format!("addresses of pictures, and `messages[{n}]` has one"))
                .hint("Send the picture itself: `media_type` and `data`."));
        }
    }
    Ok(())
}

fn not_taken(model: &str, what: &str) -> ApiError {
    ApiError::new(Code::ParameterNotSupported, format!("`{model}` does not take {what}. Nothing was sent."))
        .hint("Leave it out, or choose another model.")
}

fn check_tools(new: &NewRun, model: &ModelInfo) -> Result<(), ApiError> {
    if let Some(choice) = &new.tool_choice {
        ToolChoice::read(choice)?;
    }
    if model.tools {
        if new.tool_choice.is_some() && model.refuses("tool_choice") {
            return Err(not_taken(&model.name, "`tool_choice`"));
        }
        return Ok(());
    }
    let asks = [
        ("tools", !new.tools.is_empty()),
        ("tool_choice", new.tool_choice.is_some()),
        ("parallel_tool_calls", new.parallel_tool_calls.is_some()),
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

fn check_format(format: Option<&ResponseFormat>, model: &ModelInfo) -> Result<(), ApiError> {
    let Some(format) = format else { return Ok(()) };
    if format.kind != ResponseKind::Text && model.refuses("response_format") {
        return Err(not_taken(&model.name, "`response_format`"));
    }
    match (format.kind, &format.schema) {
        (ResponseKind::JsonSchema, None) => Err(ApiError::new(
            Code::InvalidResponseFormat,
            "`response_format` is of type `json_schema` and has no `schema`.",
        )),
        (ResponseKind::Text | ResponseKind::JsonObject, Some(_)) => Err(ApiError::new(
            Code::InvalidResponseFormat,
            "`response_format.schema` goes with type `json_schema` alone.",
        )),
        (ResponseKind::Text | ResponseKind::JsonObject, None) if format.name.is_some() || format.strict.is_some() => {
            Err(ApiError::new(
                Code::InvalidResponseFormat,
                "`response_format.name` and `response_format.strict` go with type `json_schema` alone.",
            ))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use domain::{Content, Image};

    use super::*;

    #[test]
    fn d1_values_are_filled_in_and_tools_refused_where_there_are_none() {
        let mut model = ModelInfo::named("m", "p");
        model.tools = false;
        let mut new = NewRun::new("m", vec![ChatMessage::text(Role::User, "About {{topic}}")]);
        new.inputs.insert("topic".into(), "rivers".into());
        let request = render(&new, &model).expect("renders");
        assert_eq!(request.messages()[0].content.text(), "About rivers");
        let image = Part::Image(Image { url: Some("https://example.org/a.png".into()), ..Image::default() });
        let mut seen = new.clone();
        seen.messages[0].content = Content::Parts(vec![image]);
        assert!(render(&seen, &model).is_ok());
        model.unsupported.push("image_url".into());
        assert!(render(&seen, &model).expect_err("no addresses").message.contains("messages[0]"));
        model.images = false;
        assert!(render(&seen, &model).expect_err("no pictures").message.contains("pictures"));
        new.messages.push(ChatMessage::text(Role::Tool, "42"));
        assert_eq!(render(&new, &model).expect_err("no tools").code, Code::ParameterNotSupported);
    }
}
