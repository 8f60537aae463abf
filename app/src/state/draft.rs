//! What stands in the playground's fields.

use std::collections::{BTreeMap, BTreeSet};

use domain::chat::ResponseKind;
use domain::{
    ChatMessage, Content, Image, ModelInfo, NewRun, Part, PromptContent, PromptId, Role, Run, RunId, ToolCall, template,
};
use reactive_stores::Store;
use serde::{Deserialize, Serialize};

use super::exact::{Exact, Shape, put_together};
use super::settings::{Param, Setting};

/// Longest title of a draft, in characters.
const TITLE_CHARS: usize = 80;

/// The fields of the playground, as typed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Store)]
#[serde(default)]
pub struct Draft {
    /// The system prompt; empty, none is sent.
    pub system: String,
    /// The messages after it.
    #[store(key: u32 = |message| message.id)]
    pub messages: Vec<DraftMessage>,
    /// Values of the variables. One whose variable is gone is kept, in case it comes back.
    pub inputs: BTreeMap<String, String>,
    /// The model's name.
    pub model: String,
    /// The parameters; one that is absent is not sent, and has never been typed.
    pub settings: BTreeMap<Param, Setting>,
    /// The form of the answer.
    pub format: FormatDraft,
    /// The tools, as a JSON list; empty, none are sent.
    pub tools: String,
    /// Whether one must be called, as JSON or a word; empty, it is not sent.
    pub tool_choice: String,
    /// Whether the model may call one tool at a time only.
    pub one_call: bool,
    /// What goes to the provider as it is, as a JSON object; empty, nothing does.
    pub options: String,
    /// The kept prompt that this is a version of, or is about to be.
    pub prompt: Option<PromptId>,
    /// The number of the version that was opened here, or saved from here.
    pub version: Option<u32>,
    /// The number of the newest version that was known then: one above it is somebody else's.
    pub head: Option<u32>,
    /// What that version says and the fields cannot.
    pub exact: Exact,
    /// Variables whose values are never saved.
    pub unsaved: BTreeSet<String>,
    /// The kept run that was opened here.
    pub origin: Option<RunId>,
    /// The run that this one goes on from.
    pub parent: Option<RunId>,
    /// The run whose output is shown.
    pub run: Option<RunId>,
    /// A run that was sent and has no id yet: sent again after a reload, its `request_id` keeps it one run.
    pub starting: Option<NewRun>,
}

/// One message, as typed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Store)]
pub struct DraftMessage {
    /// What tells it from the others, wherever it is moved.
    pub id: u32,
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub text: String,
    /// The pictures that go with it.
    #[serde(default)]
    pub images: Vec<Image>,
    /// Pieces that only one vendor's wire has a word for; they go back to it as they came.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub natives: Vec<Part>,
    /// Of an assistant: the tools it called.
    #[serde(default)]
    pub tool_calls: Vec<ToolCall>,
    /// Of a tool: the call that it answers.
    #[serde(default)]
    pub tool_call_id: String,
    /// How its pieces stood in the version that was opened, where the other fields say less.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shape: Option<Shape>,
}

/// The form of the answer, as typed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Store)]
#[serde(default)]
pub struct FormatDraft {
    /// Whether the request carries it.
    pub send: bool,
    /// `text`, `json_object` or `json_schema`.
    pub kind: String,
    /// The schema, of `json_schema` alone.
    pub schema: String,
    /// A name for it.
    pub name: String,
    /// Whether the provider shall keep to it to the letter.
    pub strict: Option<bool>,
}

impl FormatDraft {
    /// The kind's name in a request.
    #[must_use]
    pub const fn name_of(kind: ResponseKind) -> &'static str {
        match kind {
            ResponseKind::Text => "text",
            ResponseKind::JsonObject => "json_object",
            ResponseKind::JsonSchema => "json_schema",
        }
    }
}

impl DraftMessage {
    /// A message of plain text.
    #[must_use]
    pub fn new(id: u32, role: Role, text: impl Into<String>) -> Self {
        Self {
            id,
            role,
            text: text.into(),
            images: Vec::new(),
            natives: Vec::new(),
            tool_calls: Vec::new(),
            tool_call_id: String::new(),
            shape: None,
        }
    }

    /// The fields of a message.
    #[must_use]
    pub fn of(id: u32, message: &ChatMessage) -> Self {
        let plain = Self {
            images: message.content.images().cloned().collect(),
            natives: message.content.natives().map(|(_, part)| part.clone()).collect(),
            tool_calls: message.tool_calls.clone(),
            tool_call_id: message.tool_call_id.clone().unwrap_or_default(),
            ..Self::new(id, message.role, message.content.text())
        };
        if plain.compose() == *message {
            return plain;
        }
        let names_empty_call = message.tool_call_id.as_deref() == Some("");
        Self { shape: Some(Shape { pieces: Shape::of(&message.content), names_empty_call }), ..plain }
    }

    /// The message that it asks for.
    #[must_use]
    pub fn compose(&self) -> ChatMessage {
        let pictures = self.images.iter().cloned().map(Part::Image);
        let pieces = self.shape.as_ref().and_then(|shape| shape.pieces.as_ref());
        let content = if let Some(pieces) = pieces {
            put_together(pieces, &self.text, pictures, self.natives.iter().cloned())
        } else if self.images.is_empty() && self.natives.is_empty() {
            Content::Text(self.text.clone())
        } else {
            // What is asked about a picture stands before it, as the vendors' examples have it.
            let text = (!self.text.is_empty()).then(|| Part::Text { text: self.text.clone() });
            Content::Parts(self.natives.iter().cloned().chain(text).chain(pictures).collect())
        };
        let names_call =
            !self.tool_call_id.is_empty() || self.shape.as_ref().is_some_and(|shape| shape.names_empty_call);
        ChatMessage {
            role: self.role,
            content,
            tool_calls: self.tool_calls.clone(),
            tool_call_id: names_call.then(|| self.tool_call_id.clone()),
        }
    }
}

impl Draft {
    /// The example that a first visit finds.
    #[must_use]
    pub fn example(model: &ModelInfo) -> Self {
        let send = |text: &str| Setting { send: true, text: text.into() };
        let settings = [(Param::Temperature, send("0.5")), (Param::MaxTokens, send("256"))];
        let message = "Describe a quiet morning by the sea in three sentences.";
        Self {
            system: "You are a helpful assistant.".into(),
            messages: vec![DraftMessage::new(1, Role::User, message)],
            model: model.name.clone(),
            settings: settings.into(),
            ..Self::default()
        }
    }

    /// The fields that ask for a kept run again; none where its request cannot be read.
    #[must_use]
    pub fn of_run(run: &Run) -> Option<Self> {
        let asked = serde_json::from_str::<NewRun>(run.request.as_str()).ok()?;
        let (prompt, version) = (asked.of_prompt(), asked.version);
        let draft = Self::of_content(PromptContent::of_run(asked));
        Some(Self { prompt, version, head: version, origin: Some(run.id), run: Some(run.id), ..draft })
    }

    /// Its first words: of the messages, or of the system prompt.
    #[must_use]
    pub fn title(&self) -> String {
        let texts = self.messages.iter().map(|message| message.text.as_str()).chain([self.system.as_str()]);
        let first = texts.flat_map(str::lines).map(str::trim).find(|line| !line.is_empty());
        first.unwrap_or("Nothing written").chars().take(TITLE_CHARS).collect()
    }

    /// Its texts in lower case, to be searched.
    #[must_use]
    pub fn words(&self) -> String {
        let messages = self.messages.iter().map(|message| message.text.as_str());
        let inputs = self.inputs.values().map(String::as_str);
        let others = [&self.system, &self.model, &self.tools, &self.format.schema, &self.options].map(String::as_str);
        let texts: Vec<&str> = messages.chain(inputs).chain(others).filter(|text| !text.is_empty()).collect();
        texts.join("\n").to_lowercase()
    }

    /// About how many bytes it takes: those of its texts and pictures.
    #[must_use]
    pub fn text_bytes(&self) -> usize {
        let pictures = |message: &DraftMessage| {
            message.images.iter().filter_map(|image| image.data.as_ref()).map(String::len).sum::<usize>()
        };
        let messages = self.messages.iter().map(|message| message.text.len() + pictures(message)).sum::<usize>();
        let inputs = self.inputs.values().map(String::len).sum::<usize>();
        self.system.len() + messages + inputs + self.tools.len() + self.format.schema.len() + self.options.len()
    }

    /// What else is in it, in a few words.
    #[must_use]
    pub fn about(&self) -> String {
        let messages = match self.messages.len() {
            1 => "1 message".to_owned(),
            count => format!("{count} messages"),
        };
        let from = self.version.map(|version| format!(" · from v{version}")).unwrap_or_default();
        format!("{messages} · {}{from}", self.model)
    }

    /// What is typed for a parameter.
    #[must_use]
    pub fn setting(&self, param: Param) -> Setting {
        let usual = || Setting { send: false, text: param.usual().into() };
        self.settings.get(&param).cloned().unwrap_or_else(usual)
    }

    /// An id that no message has.
    #[must_use]
    pub fn next_id(&self) -> u32 {
        self.messages.iter().map(|message| message.id).max().unwrap_or_default() + 1
    }

    /// The variables of all texts, in the order of their first use.
    #[must_use]
    pub fn variables(&self) -> Vec<String> {
        let texts = self.messages.iter().map(|message| message.text.as_str());
        variables([self.system.as_str()].into_iter().chain(texts))
    }
}

/// The variables of texts, in the order of their first use.
pub fn variables<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in texts.into_iter().flat_map(template::variables) {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}
