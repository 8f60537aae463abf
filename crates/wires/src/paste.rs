//! A playground from what people have: a curl command, an SDK's call, a JSON body, a prompt that a tool exported (A6).
//!
//! The other way round of `crate::code`. Nothing is guessed: what is not recognised is refused, and what is recognised
//! but has no place is named with the reason. Texts are templates here, unlike those of clients: a person who pastes
//! `{{topic}}` means a variable. Keys are seen and left; neither errors nor reasons repeat values.
//!
//! | module | what stands there |
//! |---|---|
//! | `shell`, `document`, `windows`, `curl` | a command as words, and what it sends |
//! | `scan`, `literal`, `compound`, `text`, `number`, `method`, `sdk` | a program as tokens, its literals as JSON, the call in it |
//! | `rust` | the raw text in a Rust program |
//! | `formats`, `exports`, `inputs` | what a JSON text is; prompts of other tools; values of variables |
//! | `prompts` | prompts of OpenAI's with all their versions |
//! | `clean` | a body as the readers of requests take it |
//! | `left`, `why` | what does not come along, and why |

mod clean;
mod compound;
mod curl;
mod document;
mod exports;
mod formats;
mod inputs;
mod left;
mod literal;
mod method;
mod number;
mod object;
mod prompts;
mod rust;
mod scan;
mod sdk;
mod shell;
#[cfg(test)]
mod tests;
mod text;
mod why;
mod windows;

use std::collections::BTreeMap;

use domain::fields::invalid;
use domain::{ApiError, ClientWire, NewRun};
use serde::{Deserialize, Serialize};

pub use left::LeftOut;
pub use prompts::{OpenaiPrompt, OpenaiVersion, prompts};

use crate::code::json::{Flaw, Json};
use left::Left;
use object::{Object, object};
use scan::{Tongue, line_of};

/// Deepest nesting of what is pasted.
const DEPTH_MAX: usize = 100;
/// Most values in what is pasted.
const VALUES_MAX: usize = 1_000_000;
/// Most work that the fields of all objects may make: each is compared with those before it in its object.
const FIELD_PAIRS_MAX: usize = 100_000_000;

/// What was made of a pasted text.
#[derive(Debug, Clone, PartialEq)]
pub struct Pasted {
    /// What it was recognised as, for people: `curl, OpenAI chat`.
    pub kind: &'static str,
    /// The prompt's name, where it has one.
    pub name: Option<String>,
    /// What it is elsewhere.
    pub external: Option<External>,
    /// The server that it was written for, without a path; none where none is named.
    pub host: Option<String>,
    /// The wire whose words it is in; none where they are Etude's own.
    pub wire: Option<ClientWire>,
    /// The run that it asks for. Its model is empty where none is named.
    pub run: NewRun,
    /// What has no field of its own in it.
    pub left_out: Vec<LeftOut>,
}

/// A prompt of another service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct External {
    /// Its id there, such as `pmpt_123`.
    pub id: String,
    /// Which version of it, where that is said.
    pub version: Option<String>,
}

/// Reads a pasted text.
///
/// # Errors
/// `invalid_request` for what is none of the known forms, with those named; for one that is broken, with the place; for
/// one that holds no messages.
pub fn read(text: &str) -> Result<Pasted, ApiError> {
    let text = text.trim_start_matches('\u{feff}');
    let text = unfenced(text.trim());
    let mut left = Left::default();
    if text.starts_with(['{', '[']) {
        return json(text, left);
    }
    let command = curl::find(text);
    if let Some(at) = command.filter(|_| is_shell(text)) {
        return self::command(text, at, left);
    }
    if let Some(found) = sdk::find(text, &mut left)? {
        let form = if found.tongue == Tongue::Python { Form::Python } else { Form::Typescript };
        return finish(form, None, Recognised::new(Spoken::Wire(found.wire), found.body), left);
    }
    if let Some((wire, body)) = rust::find(text) {
        let recognised = match wire {
            Some(wire) => Recognised::new(Spoken::Wire(wire), body),
            None => formats::recognise(Json::Object(body.0), &mut left)?,
        };
        return finish(Form::Rust, None, recognised, left);
    }
    match command {
        Some(at) => self::command(text, at, left),
        None => Err(unknown()),
    }
}

/// A text without the marks that set it off as code in Markdown.
fn unfenced(text: &str) -> &str {
    let Some((_, inner)) = text.strip_prefix("```").and_then(|text| text.split_once('\n')) else { return text };
    inner.rfind("\n```").map_or(inner, |end| &inner[..end]).trim()
}

/// Whether a text begins as a shell's does: with a command of curl's, or with what is set for it.
fn is_shell(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let first = lines.next().unwrap_or_default();
    let word = first.trim_start_matches(['$', '%', '>', ' ']).split([' ', '\t', '\\']).next().unwrap_or_default();
    let is_set = word.split_once('=').is_some_and(|(name, _)| !name.is_empty() && !name.contains(['(', '.', '"']));
    is_set || matches!(word, "curl" | "curl.exe" | "export" | "set" | "cat" | "echo" | ":" | "time" | "sudo")
}

/// A JSON text; also an object as Python or JavaScript writes it.
fn json(text: &str, mut left: Left) -> Result<Pasted, ApiError> {
    match Json::parse(text, DEPTH_MAX, VALUES_MAX) {
        Ok(json) => {
            let recognised = formats::recognise(json, &mut left)?;
            finish(Form::Json, None, recognised, left)
        }
        Err(flaw) => {
            for (tongue, form) in [(Tongue::Script, Form::Typescript), (Tongue::Python, Form::Python)] {
                let (scope, mut noted) = (literal::Scope::new(), Left::default());
                let mut reader = literal::Literals::new(text, tongue, &scope, &mut noted);
                let Ok(Some(json)) = reader.value() else { continue };
                if !text[reader.at..].trim_matches([';', ' ', '\n', '\r', '\t']).is_empty() {
                    continue;
                }
                let recognised = formats::recognise(json, &mut noted)?;
                return finish(form, None, recognised, noted);
            }
            Err(broken("The JSON", text, &flaw))
        }
    }
}

fn broken(what: &str, text: &str, flaw: &Flaw) -> ApiError {
    let line = line_of(text, flaw.at);
    invalid(format!("{what} cannot be read: {} (line {line}). Nothing was done.", flaw.why))
}

fn command(text: &str, at: usize, mut left: Left) -> Result<Pasted, ApiError> {
    let sent = curl::read(text, at, &mut left)?;
    let json = Json::parse(&sent.body, DEPTH_MAX, VALUES_MAX)
        .map_err(|flaw| broken("What the command sends is no JSON that", &sent.body, &flaw))?;
    let recognised = match (formats::wire_of(&sent.url), json) {
        (Some(spoken), Json::Object(fields)) => {
            let mut fields = Object(fields);
            if !fields.has("model")
                && let Some(model) = deployment(&sent.url)
            {
                fields.put("model", object::of_text(model));
            }
            Recognised::new(spoken, fields)
        }
        (_, json) => formats::recognise(json, &mut left)?,
    };
    finish(Form::Curl, curl::host(&sent.url), recognised, left)
}

/// The model that an address of Azure's names.
fn deployment(url: &str) -> Option<&str> {
    url.split_once("/deployments/")?.1.split('/').next().filter(|name| !name.is_empty())
}

/// How a request was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Curl,
    Json,
    Python,
    Typescript,
    Rust,
}

/// Whose words a request is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spoken {
    Wire(ClientWire),
    Etude,
}

/// What was recognised, before it is a run.
#[derive(Debug)]
struct Recognised<'a> {
    /// What it is, where that says more than its form and its wire.
    kind: Option<&'static str>,
    spoken: Spoken,
    fields: Object<'a>,
    name: Option<String>,
    external: Option<External>,
    inputs: BTreeMap<String, String>,
}

impl<'a> Recognised<'a> {
    fn new(spoken: Spoken, fields: Object<'a>) -> Self {
        let external = if spoken == Spoken::Wire(ClientWire::Responses) { formats::reference(&fields) } else { None };
        Self { kind: None, spoken, fields, name: None, external, inputs: BTreeMap::new() }
    }
}

fn finish(form: Form, host: Option<String>, recognised: Recognised<'_>, mut left: Left) -> Result<Pasted, ApiError> {
    let Recognised { kind, spoken, fields, name, external, mut inputs } = recognised;
    let whole = Json::Object(fields.0);
    if pairs(&whole) > FIELD_PAIRS_MAX {
        return Err(invalid("It has an object with too many fields. Nothing was done.".into()));
    }
    if let Some(variables) = object::field(&whole, "prompt").and_then(|prompt| object::field(prompt, "variables")) {
        inputs::inputs(variables, &mut inputs, &mut left);
    }
    let computes: Vec<_> = ["messages", "input"].into_iter().filter(|name| left.has(name)).collect();
    let mut run = clean::run(spoken, object(whole).unwrap_or_default(), &mut left).map_err(|error| {
        // What is missing since the program computes it is missing for that reason.
        let missing = error.param.as_deref().filter(|param| left.has(param)).map(computed);
        missing.unwrap_or(error)
    })?;
    if run.messages.is_empty() {
        return Err(match (&external, computes.first()) {
            (Some(external), _) => exports::missing_prompt(&external.id),
            (None, Some(name)) => computed(name),
            (None, None) => invalid("There are no messages in it. Nothing was done.".into()),
        });
    }
    run.inputs.append(&mut inputs);
    let wire = match spoken {
        Spoken::Wire(wire) => Some(wire),
        Spoken::Etude => None,
    };
    let kind = kind.unwrap_or_else(|| kind_of(form, wire));
    Ok(Pasted { kind, name, external, host, wire, run, left_out: left.finish() })
}

fn computed(name: &str) -> ApiError {
    invalid(format!(
        "`{name}` is put together by the program; what it is does not stand in the text. Nothing was done."
    ))
    .hint("Paste the lines that assign it, too; once, and as literals.")
    .param(name)
}

/// How many pairs of fields there are in all objects.
fn pairs(json: &Json<'_>) -> usize {
    match json {
        Json::Word(_) | Json::Text(_) => 0,
        Json::List(list) => list.iter().map(pairs).fold(0, usize::saturating_add),
        Json::Object(fields) => {
            let own = fields.len().saturating_mul(fields.len());
            fields.iter().map(|(_, value)| pairs(value)).fold(own, usize::saturating_add)
        }
    }
}

fn kind_of(form: Form, wire: Option<ClientWire>) -> &'static str {
    const KINDS: [[&str; 5]; 5] = [
        [
            "curl, OpenAI chat",
            "curl, OpenAI completions",
            "curl, OpenAI responses",
            "curl, Anthropic messages",
            "curl, Etude run",
        ],
        [
            "JSON, OpenAI chat",
            "JSON, OpenAI completions",
            "JSON, OpenAI responses",
            "JSON, Anthropic messages",
            "JSON, Etude run",
        ],
        [
            "Python, OpenAI chat",
            "Python, OpenAI completions",
            "Python, OpenAI responses",
            "Python, Anthropic messages",
            "Python, Etude run",
        ],
        [
            "TypeScript, OpenAI chat",
            "TypeScript, OpenAI completions",
            "TypeScript, OpenAI responses",
            "TypeScript, Anthropic messages",
            "TypeScript, Etude run",
        ],
        [
            "Rust, OpenAI chat",
            "Rust, OpenAI completions",
            "Rust, OpenAI responses",
            "Rust, Anthropic messages",
            "Rust, Etude run",
        ],
    ];
    KINDS[form as usize][wire.map_or(4, |wire| wire as usize)]
}

/// The refusal of what is none of the known forms.
fn unknown() -> ApiError {
    invalid("This is not a request that a model would take. Nothing was done.".into()).hint(
        "Known are curl, the JSON body of an OpenAI or Anthropic call, an SDK call in Python or TypeScript, an OpenAI prompt export and an Anthropic workbench export.",
    )
}
