//! A body as the readers of requests take it: what they have no field for goes under provider options or is left, and
//! is named either way.

mod chat;
mod completions;
mod messages;
mod responses;

use domain::chat::Verbatim;
use domain::fields::{Fields, join};
use domain::{ApiError, ChatMessage, ClientWire, NewRun, strict, template};

use super::left::Left;
use super::object::{Object, is_null};
use super::{Spoken, why};
use crate::code::json::{Json, Text};
use crate::openai::responses::Earlier;
use crate::{Target, anthropic, openai};

/// What is being taken apart.
pub(super) struct Cleaning<'l> {
    left: &'l mut Left,
    /// Fields for the provider, to the byte.
    options: Vec<(String, String)>,
}

impl Cleaning<'_> {
    /// Keeps some fields of an object; the `quiet` ones go without a word, others with a reason.
    fn keep<'a>(&mut self, fields: Object<'a>, at: &str, keep: &[&str], quiet: &[&str]) -> Object<'a> {
        let mut kept = Object::default();
        for (name, value) in fields.0 {
            if keep.contains(&name.as_escaped()) {
                kept.0.push((name, value));
            } else if !is_null(&value) && !quiet.contains(&name.as_escaped()) {
                self.left.add(join(at, name.as_escaped()), why::NO_PLACE);
            }
        }
        kept
    }

    /// Lets a field of the request go to the provider as it is.
    fn option(&mut self, name: &str, value: &Json<'_>) {
        self.left.add(domain::fields::quoted(name), why::AS_IT_IS);
        self.options.push((name.to_owned(), value.compact()));
    }
}

/// The run that a body asks for. Its texts are templates: what looks like a variable is one.
///
/// # Errors
/// What is wrong with it, with the field named.
pub(super) fn run(spoken: Spoken, mut fields: Object<'_>, left: &mut Left) -> Result<NewRun, ApiError> {
    let Spoken::Wire(wire) = spoken else { return etude(fields) };
    let model = fields.take_text("model").unwrap_or_default();
    if fields.has("model") {
        return Err(domain::fields::invalid("`model` is no text. Nothing was done.".into()).param("model"));
    }
    let mut cleaning = Cleaning { left, options: Vec::new() };
    let fields = match wire {
        ClientWire::Chat => chat::body(fields, &mut cleaning),
        ClientWire::Completions => completions::body(fields, &mut cleaning),
        ClientWire::Responses => responses::body(fields, &mut cleaning),
        ClientWire::Messages => messages::body(fields, &mut cleaning),
    };
    let options = cleaning.options;
    let body = Json::Object(fields.0).compact();
    let fields = Fields::of_body(body.as_bytes())?;
    let target = Target { model, vendor: Some(wire.vendor()), tools: true, images: true, preset: false };
    let reading = match wire {
        ClientWire::Chat => openai::chat::read(fields, &target)?.reading,
        ClientWire::Completions => openai::completions::read(fields, &target)?.reading,
        ClientWire::Responses => openai::responses::read(fields, &target, Earlier::default())?.reading,
        // Prompts that are exported need not say how long an answer may be.
        ClientWire::Messages => anthropic::request::read(fields, &target, true)?,
    };
    let mut run = reading.run;
    run.provider_options = joined(run.provider_options.take(), options);
    for ChatMessage { content, .. } in &mut run.messages {
        let as_written = content.try_map(|text| Ok::<_, std::convert::Infallible>(template::unescape(text)));
        let Ok(as_written) = as_written;
        *content = as_written;
    }
    Ok(run)
}

/// Etude's own words. What belongs to one submission is left behind.
fn etude(mut fields: Object<'_>) -> Result<NewRun, ApiError> {
    for name in ["request_id", "parent", "group", "keep", "stream"] {
        fields.take(name);
    }
    strict::from_slice(Json::Object(fields.0).compact().as_bytes())
}

/// What goes to the provider as it is, in one object.
fn joined(options: Option<Verbatim>, more: Vec<(String, String)>) -> Option<Verbatim> {
    let first = options.as_ref().and_then(|options| options.as_str().strip_prefix('{')?.strip_suffix('}'));
    let mut out: Vec<_> = first.into_iter().filter(|inner| !inner.is_empty()).map(str::to_owned).collect();
    out.extend(more.into_iter().map(|(name, json)| format!("{}:{json}", Json::Text(Text::of(&name)).compact())));
    (!out.is_empty()).then(|| crate::reading::verbatim_text(format!("{{{}}}", out.join(","))))
}

/// Cleans each entry of a list that is an object.
fn each<'a>(list: Vec<Json<'a>>, at: &str, mut clean: impl FnMut(Object<'a>, &str) -> Option<Json<'a>>) -> Json<'a> {
    let clean = |(n, entry)| match entry {
        Json::Object(fields) => clean(Object(fields), &format!("{at}[{n}]")),
        other => Some(other),
    };
    Json::List(list.into_iter().enumerate().filter_map(clean).collect())
}

/// Cleans each entry of a list in a field.
fn each_of<'a>(fields: &mut Object<'a>, name: &str, at: &str, clean: impl FnMut(Object<'a>, &str) -> Option<Json<'a>>) {
    if let Some(list) = fields.take_list(name) {
        let list = each(list, &join(at, name), clean);
        fields.put(name, list);
    }
}

/// A function that is a tool, by the names that both wires of OpenAI's have.
const FUNCTION: [&str; 4] = ["name", "description", "parameters", "strict"];

/// The schema of an answer, by the same.
const SCHEMA: [&str; 3] = ["name", "schema", "strict"];

/// Lets the words of a choice of tools pass that have a place.
fn tool_choice(fields: &mut Object<'_>, cleaning: &mut Cleaning<'_>) {
    let is_known = match fields.get("tool_choice") {
        None | Some(Json::Text(_)) => return,
        Some(choice @ Json::Object(_)) => super::object::kind(choice) == "function",
        Some(_) => false,
    };
    if !is_known {
        fields.take("tool_choice");
        cleaning.left.add("tool_choice", why::NO_PLACE);
    }
}

/// What says who asks: the server says it.
fn user(fields: &mut Object<'_>, cleaning: &mut Cleaning<'_>) {
    if fields.take("user").is_some() {
        cleaning.left.add("user", why::USER);
    }
}
