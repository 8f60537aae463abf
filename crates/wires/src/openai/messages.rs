//! A chat's messages and tools, in the words of chat completions.

use domain::chat::{ResponseKind, Tool};
use domain::{ApiError, ChatMessage, Content, Image, Part, ResponseFormat, Role, ToolCall, Vendor};
use serde_json::value::RawValue;

use crate::reading::{Reader, literal, verbatim};
use domain::fields::{Fields, join};

/// Reads the list of messages.
pub fn messages(list: &[&RawValue], reader: &mut Reader) -> Result<Vec<ChatMessage>, ApiError> {
    let mut messages = Vec::with_capacity(list.len());
    for (n, raw) in list.iter().enumerate() {
        let at = format!("messages[{n}]");
        messages.push(message(raw, &at, reader)?);
        reader.stands(messages.len(), &at);
    }
    Ok(messages)
}

fn message(raw: &RawValue, at: &str, reader: &mut Reader) -> Result<ChatMessage, ApiError> {
    let mut fields = Fields::of(raw, at)?;
    let role: String = fields.need("role")?;
    let role = match role.as_str() {
        "system" | "developer" => Role::System,
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "tool" => Role::Tool,
        "function" => return Err(fields.refuse("role", "is `function`, which OpenAI has replaced by `tool`.")),
        _ => return Err(fields.refuse("role", "is none of system, developer, user, assistant, tool.")),
    };
    let mut content = match fields.raw("content") {
        Some(raw) => content(raw, &fields.path("content"), reader)?,
        None => Content::default(),
    };
    if let Some(refusal) = fields.take::<String>("refusal")?
        && content.texts().all(str::is_empty)
    {
        content = Content::Text(literal(&refusal));
    }
    let mut tool_calls = Vec::new();
    for (n, raw) in fields.list("tool_calls")?.unwrap_or_default().into_iter().enumerate() {
        tool_calls.push(tool_call(raw, &format!("{}[{n}]", fields.path("tool_calls")), reader)?);
    }
    let tool_call_id = fields.take("tool_call_id")?;
    if role == Role::Tool && tool_call_id.is_none() {
        return Err(fields.lacks("tool_call_id"));
    }
    if fields.raw("function_call").is_some() {
        return Err(fields.refuse("function_call", "is what OpenAI has replaced by `tool_calls`."));
    }
    if let Some(annotations) = fields.list("annotations")?
        && !annotations.is_empty()
    {
        reader.hint(fields.path("annotations"));
    }
    for name in ["reasoning_content", "reasoning"] {
        // What a model thought in an earlier turn; servers that want it back speak this wire.
        if fields.raw(name).is_some() {
            reader.hint(fields.path(name));
        }
    }
    if role == Role::Tool {
        // The call's id says which tool it was.
        fields.raw("name");
    }
    for (name, _) in fields.rest() {
        reader.only_here(&join(at, &name))?;
    }
    Ok(ChatMessage { role, content, tool_calls, tool_call_id })
}

fn tool_call(raw: &RawValue, at: &str, reader: &mut Reader) -> Result<ToolCall, ApiError> {
    let mut fields = Fields::of(raw, at)?;
    let kind: Option<String> = fields.take("type")?;
    if kind.is_some_and(|kind| kind != "function") {
        return Err(fields.refuse("type", "is not `function`, the only kind of call that is known here."));
    }
    let id = fields.need("id")?;
    fields.raw("index");
    let mut function = fields.object("function")?.ok_or_else(|| fields.lacks("function"))?;
    let call =
        ToolCall { id, name: function.need("name")?, arguments: function.take("arguments")?.unwrap_or_default() };
    for (name, _) in fields.rest() {
        reader.only_here(&join(at, &name))?;
    }
    Ok(call)
}

fn content(raw: &RawValue, at: &str, reader: &mut Reader) -> Result<Content, ApiError> {
    if let Ok(text) = serde_json::from_str::<String>(raw.get()) {
        return Ok(Content::Text(literal(&text)));
    }
    let list: Vec<&RawValue> = serde_json::from_str(raw.get())
        .map_err(|_| domain::fields::invalid(format!("`{at}` is neither a text nor a list of parts.")).param(at))?;
    let parts = list.into_iter().enumerate().map(|(n, raw)| part(raw, &format!("{at}[{n}]"), reader));
    parts.collect::<Result<_, _>>().map(Content::Parts)
}

fn part(raw: &RawValue, at: &str, reader: &mut Reader) -> Result<Part, ApiError> {
    let mut fields = Fields::of(raw, at)?;
    let kind: String = fields.need("type")?;
    let part = match kind.as_str() {
        "text" => Part::Text { text: literal(&fields.need::<String>("text")?) },
        "refusal" => Part::Text { text: literal(&fields.need::<String>("refusal")?) },
        "image_url" => {
            reader.picture(at)?;
            let mut inner = fields.object("image_url")?.ok_or_else(|| fields.lacks("image_url"))?;
            let image = image(inner.need("url")?, inner.take("detail")?);
            reader.detail(&inner.path("detail"), image.detail.as_ref())?;
            Part::Image(image)
        }
        _ => {
            reader.only_here(at)?;
            return Ok(Part::Native { vendor: Vendor::Openai, json: raw.get().to_owned() });
        }
    };
    for (name, _) in fields.rest() {
        // Marks for caches, as gateways have them; they change nothing in the answer.
        if name == "cache_control" { reader.hint(join(at, &name)) } else { reader.only_here(&join(at, &name))? }
    }
    Ok(part)
}

/// A picture by its address; `auto` is what is done where nothing is said.
pub fn image(url: String, detail: Option<String>) -> Image {
    Image { url: Some(url), detail: detail.filter(|detail| detail != "auto"), ..Image::default() }
}

/// Reads the list of tools.
pub fn tools(list: &[&RawValue], reader: &mut Reader) -> Result<Vec<Tool>, ApiError> {
    let mut tools = Vec::with_capacity(list.len());
    for (n, raw) in list.iter().enumerate() {
        let at = format!("tools[{n}]");
        let mut fields = Fields::of(raw, &*at)?;
        let kind: String = fields.need("type")?;
        if kind != "function" {
            // What such a tool answers has no place in a run's log yet.
            return Err(fields.refuse("type", "is not `function`, the only kind of tool that is known here."));
        }
        let mut function = fields.object("function")?.ok_or_else(|| fields.lacks("function"))?;
        tools.push(tool(&mut function)?);
        for (name, _) in function.rest().chain(fields.rest()) {
            reader.only_here(&join(&at, &name))?;
        }
    }
    reader.tools(!tools.is_empty())?;
    Ok(tools)
}

/// A tool by its name, what it does, its schema.
pub fn tool(fields: &mut Fields<'_>) -> Result<Tool, ApiError> {
    Ok(Tool {
        name: fields.need("name")?,
        description: fields.take("description")?,
        parameters: fields.raw("parameters").map(verbatim),
        strict: fields.take("strict")?,
    })
}

/// Reads the form of the answer. `inner` holds the schema: the object itself in responses, one inside it in chats.
pub fn response_format(
    mut fields: Fields<'_>,
    is_flat: bool,
    reader: &mut Reader,
) -> Result<Option<ResponseFormat>, ApiError> {
    let kind: String = fields.need("type")?;
    let kind = match kind.as_str() {
        "text" => return Ok(None),
        "json_object" => {
            reader.any_json(fields.at())?;
            ResponseKind::JsonObject
        }
        "json_schema" => ResponseKind::JsonSchema,
        _ => {
            reader.only_here(&fields.path("type"))?;
            return Ok(None);
        }
    };
    let mut format = ResponseFormat { kind, name: None, schema: None, strict: None };
    if kind == ResponseKind::JsonSchema {
        let mut inner =
            if is_flat { fields } else { fields.object("json_schema")?.ok_or_else(|| fields.lacks("json_schema"))? };
        format.name = inner.take("name")?;
        format.schema = Some(inner.raw("schema").map(verbatim).ok_or_else(|| inner.lacks("schema"))?);
        format.strict = inner.take("strict")?;
        if inner.raw("description").is_some() {
            reader.hint(inner.path("description"));
        }
    }
    Ok(Some(format))
}
