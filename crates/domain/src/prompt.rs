//! Prompts with a history: versions that never change, labels that move, and presets as the API has them.

mod flat;

mod shown;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::chat::{ChatMessage, ResponseFormat, Role, Tool, Verbatim};
use crate::error::{ApiError, Code};
use crate::limits::{
    DESCRIPTION_CHARS_MAX, LABELS_MAX, MESSAGES_MAX, MODEL_NAME_BYTES_MAX, NAME_CHARS_MAX, NOTE_CHARS_MAX,
    TAG_CHARS_MAX, TAGS_MAX,
};
use crate::params::Params;
use crate::run::NewRun;
use crate::{strict, template};

pub use shown::{
    OutputBand, Preset, PromptFigures, PromptFilter, PromptPage, PromptSummary, Saved, Shelves, VersionInfo,
    VersionPage,
};

/// Longest snippet of a prompt in a list, in characters.
const SNIPPET_CHARS: usize = 200;
/// The label that always means the newest version.
pub const LATEST: &str = "latest";

/// All that a version holds. Its canonical JSON is what serde writes of it; the digest is that text's.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PromptContent {
    /// The model's name.
    pub model: String,
    /// The messages, with their variables.
    #[serde(deserialize_with = "strict::objects")]
    pub messages: Vec<ChatMessage>,
    /// Sampling.
    #[serde(default, deserialize_with = "strict::object")]
    pub params: Params,
    /// Values that the variables have where a run gives none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub inputs: BTreeMap<String, String>,
    /// Tools that the model may call.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "strict::objects")]
    pub tools: Vec<Tool>,
    /// Whether it must, may or must not call one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_choice: Option<Verbatim>,
    /// Whether the model may call several tools at a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parallel_tool_calls: Option<bool>,
    /// The form of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "strict::optional_object")]
    pub response_format: Option<ResponseFormat>,
    /// Free JSON for the provider, kept to the byte.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_options: Option<Verbatim>,
}

impl PromptContent {
    /// What a run asks for, without what is the run's alone.
    #[must_use]
    pub fn of_run(run: NewRun) -> Self {
        Self {
            model: run.model,
            messages: run.messages,
            params: run.params,
            inputs: run.inputs,
            tools: run.tools,
            tool_choice: run.tool_choice,
            parallel_tool_calls: run.parallel_tool_calls,
            response_format: run.response_format,
            provider_options: run.provider_options,
        }
    }

    /// The run that it is, with nothing changed.
    #[must_use]
    pub fn run(self) -> NewRun {
        NewRun {
            params: self.params,
            inputs: self.inputs,
            tools: self.tools,
            tool_choice: self.tool_choice,
            parallel_tool_calls: self.parallel_tool_calls,
            response_format: self.response_format,
            provider_options: self.provider_options,
            ..NewRun::new(self.model, self.messages)
        }
    }

    /// Its canonical JSON.
    #[must_use]
    pub fn canonical(&self) -> String {
        serde_json::to_string(self).expect("strings, numbers and JSON make JSON")
    }

    /// Its texts, one after another: what it is found by.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.messages.iter().flat_map(|message| message.content.texts())
    }

    /// Its variables, in the order of their first use.
    #[must_use]
    pub fn variables(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for name in self.texts().flat_map(template::variables) {
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
        names
    }

    /// The beginning of what it asks: of the first message of a user, or of what there is.
    #[must_use]
    pub fn snippet(&self) -> String {
        let said = |message: &&ChatMessage| message.content.texts().any(|text| !text.trim().is_empty());
        let asked = self.messages.iter().filter(said).find(|message| message.role == Role::User);
        let first = asked.or_else(|| self.messages.iter().find(said));
        let text = first.map(|message| message.content.text()).unwrap_or_default();
        let words = text.split_whitespace().flat_map(|word| [word, " "]).flat_map(str::chars);
        words.take(SNIPPET_CHARS).collect::<String>().trim_end().to_owned()
    }

    /// Checks what must hold of anything that is kept.
    ///
    /// # Errors
    /// `invalid_request` that names the field.
    pub fn check(&self) -> Result<(), ApiError> {
        let refuse = |param: &str, why: String| Err(invalid(param, why));
        if self.model.trim().is_empty() {
            return refuse("model", "is missing.".into());
        }
        if self.model.len() > MODEL_NAME_BYTES_MAX {
            return refuse("model", format!("is longer than {MODEL_NAME_BYTES_MAX} bytes."));
        }
        if self.messages.is_empty() {
            return refuse("messages", "is empty; a prompt has at least one message.".into());
        }
        if self.messages.len() > MESSAGES_MAX {
            return refuse(
                "messages",
                format!("has {} entries; at most {MESSAGES_MAX} are taken.", self.messages.len()),
            );
        }
        let choice = self.tool_choice.iter().map(|json| ("tool_choice", json));
        let options = self.provider_options.iter().map(|json| ("provider_options", json));
        let tools = self.tools.iter().filter_map(|tool| tool.parameters.as_ref()).map(|json| ("tools", json));
        let schema = self.response_format.iter().filter_map(|format| format.schema.as_ref());
        for (field, json) in choice.chain(options).chain(tools).chain(schema.map(|json| ("response_format", json))) {
            // Reading it says whether others will be able to: not nested without end, no number that is none.
            if let Err(error) = serde_json::from_str::<serde_json::Value>(json.as_str()) {
                return refuse(field, format!("cannot be used: {error}."));
            }
        }
        Ok(())
    }
}

fn invalid(param: &str, why: impl std::fmt::Display) -> ApiError {
    ApiError::new(Code::InvalidRequest, format!("`{param}` {why} Nothing was saved.")).param(param)
}

/// A prompt to be kept, or another version of one: the body of `POST /v1/presets` and of `PUT /v1/presets/{id}`.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NewVersion {
    /// What it is called; of a version that is added: the name stays where this is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Free words to search by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether it stands among the favourites.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub favourite: Option<bool>,
    /// Labels that move: to this version where the number is 0, to the one with the number, away where it is null.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, Option<u32>>,
    /// The number of the version that this one was made from; absent, the newest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<u32>,
    /// The number of another version that it takes in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged: Option<u32>,
    /// What was changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// See [`PromptContent::model`].
    pub model: String,
    /// See [`PromptContent::messages`].
    #[serde(deserialize_with = "strict::objects")]
    pub messages: Vec<ChatMessage>,
    /// See [`PromptContent::params`].
    #[serde(default, deserialize_with = "strict::object")]
    pub params: Params,
    /// See [`PromptContent::inputs`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub inputs: BTreeMap<String, String>,
    /// See [`PromptContent::tools`].
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "strict::objects")]
    pub tools: Vec<Tool>,
    /// See [`PromptContent::tool_choice`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_choice: Option<Verbatim>,
    /// See [`PromptContent::parallel_tool_calls`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parallel_tool_calls: Option<bool>,
    /// See [`PromptContent::response_format`].
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "strict::optional_object")]
    pub response_format: Option<ResponseFormat>,
    /// See [`PromptContent::provider_options`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_options: Option<Verbatim>,
}

impl NewVersion {
    /// A version with this content, and nothing said about it.
    #[must_use]
    pub fn of(content: PromptContent) -> Self {
        Self {
            name: None,
            tags: None,
            description: None,
            favourite: None,
            labels: BTreeMap::new(),
            parent: None,
            merged: None,
            note: None,
            model: content.model,
            messages: content.messages,
            params: content.params,
            inputs: content.inputs,
            tools: content.tools,
            tool_choice: content.tool_choice,
            parallel_tool_calls: content.parallel_tool_calls,
            response_format: content.response_format,
            provider_options: content.provider_options,
        }
    }

    /// Its content, and what is said about it.
    #[must_use]
    pub fn split(self) -> (PromptContent, About) {
        let content = PromptContent {
            model: self.model,
            messages: self.messages,
            params: self.params,
            inputs: self.inputs,
            tools: self.tools,
            tool_choice: self.tool_choice,
            parallel_tool_calls: self.parallel_tool_calls,
            response_format: self.response_format,
            provider_options: self.provider_options,
        };
        let about = About {
            name: self.name,
            tags: self.tags,
            description: self.description,
            favourite: self.favourite,
            labels: self.labels,
            parent: self.parent,
            merged: self.merged,
            note: self.note.unwrap_or_default(),
        };
        (content, about)
    }
}

/// What is said about a prompt and its new version, beside its content.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct About {
    /// See [`NewVersion::name`].
    pub name: Option<String>,
    /// See [`NewVersion::tags`].
    pub tags: Option<Vec<String>>,
    /// See [`NewVersion::description`].
    pub description: Option<String>,
    /// See [`NewVersion::favourite`].
    pub favourite: Option<bool>,
    /// See [`NewVersion::labels`].
    pub labels: BTreeMap<String, Option<u32>>,
    /// See [`NewVersion::parent`].
    pub parent: Option<u32>,
    /// See [`NewVersion::merged`].
    pub merged: Option<u32>,
    /// See [`NewVersion::note`].
    pub note: String,
}

impl About {
    /// The same with blanks around words taken off and no tag twice.
    ///
    /// # Errors
    /// `invalid_request` that names the field.
    pub fn checked(mut self) -> Result<Self, ApiError> {
        if let Some(name) = &mut self.name {
            *name = checked_name(name)?;
        }
        if let Some(tags) = &mut self.tags {
            *tags = checked_tags(tags)?;
        }
        if let Some(text) = &self.description {
            check_text("description", text, DESCRIPTION_CHARS_MAX)?;
        }
        check_text("note", &self.note, NOTE_CHARS_MAX)?;
        if self.labels.len() > LABELS_MAX {
            return Err(invalid("labels", format!("has more than {LABELS_MAX} entries.")));
        }
        self.labels.keys().try_for_each(|label| check_label(label))?;
        Ok(self)
    }
}

/// A name as it is kept.
///
/// # Errors
/// `invalid_request` where it is empty, too long, or has characters that cannot be seen.
pub fn checked_name(name: &str) -> Result<String, ApiError> {
    let name = name.trim();
    if name.is_empty() {
        return Err(invalid("name", "is empty."));
    }
    check_line("name", name, NAME_CHARS_MAX)?;
    Ok(name.to_owned())
}

/// Tags as they are kept.
///
/// # Errors
/// `invalid_request` where there are too many, or one cannot be used.
pub fn checked_tags(tags: &[String]) -> Result<Vec<String>, ApiError> {
    if tags.len() > TAGS_MAX {
        return Err(invalid("tags", format!("has {} entries; at most {TAGS_MAX} are taken.", tags.len())));
    }
    let mut kept: Vec<String> = Vec::with_capacity(tags.len());
    for tag in tags {
        let tag = tag.trim();
        if tag.is_empty() || tag.contains(',') {
            return Err(invalid("tags", "has an entry that is empty or contains a comma."));
        }
        check_line("tags", tag, TAG_CHARS_MAX)?;
        if !kept.iter().any(|known| known == tag) {
            kept.push(tag.to_owned());
        }
    }
    Ok(kept)
}

/// Checks a label: letters, digits, `-`, `_` and `.`; `latest` is taken.
///
/// # Errors
/// `invalid_request`.
pub fn check_label(label: &str) -> Result<(), ApiError> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if label.is_empty() || label.len() > TAG_CHARS_MAX || !label.chars().all(fits) {
        let why = format!(
            "has a name that is none: 1 to {TAG_CHARS_MAX} of the letters a to z, digits, `-`, `_` and `.` are taken."
        );
        return Err(invalid("labels", why));
    }
    if label.eq_ignore_ascii_case(LATEST) {
        return Err(invalid("labels", "has the name `latest`, which always means the newest version."));
    }
    Ok(())
}

/// One line, without what cannot be seen or turns the text around it.
fn check_line(param: &str, text: &str, chars_max: usize) -> Result<(), ApiError> {
    if text.chars().any(char::is_control) {
        return Err(invalid(param, "contains a control character or a line break."));
    }
    if text.chars().any(|c| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')) {
        return Err(invalid(param, "contains a character that changes the direction of the text around it."));
    }
    let chars = text.chars().count();
    if chars > chars_max {
        return Err(invalid(param, format!("has {chars} characters; at most {chars_max} are taken.")));
    }
    Ok(())
}

fn check_text(param: &str, text: &str, chars_max: usize) -> Result<(), ApiError> {
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(invalid(param, "contains a control character."));
    }
    let chars = text.chars().count();
    if chars > chars_max {
        return Err(invalid(param, format!("has {chars} characters; at most {chars_max} are taken.")));
    }
    Ok(())
}

/// Which version of a prompt is meant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Which {
    /// The newest.
    #[default]
    Head,
    /// The one with that number.
    Number(u32),
    /// The one that has the label.
    Label(String),
}

impl Which {
    /// What a number or a label means; neither, the newest.
    #[must_use]
    pub fn of(version: Option<u32>, label: Option<String>) -> Self {
        match (version, label) {
            (Some(number), _) => Self::Number(number),
            (None, Some(label)) if label == LATEST => Self::Head,
            (None, Some(label)) => Self::Label(label),
            (None, None) => Self::Head,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a8_names_are_checked() {
        assert_eq!(checked_name("  Clause review ").as_deref(), Ok("Clause review"));
        assert!(checked_name("שלום\u{200f} world").is_ok(), "marks that names are really written with");
        for bad in ["", "   ", "a\nb", "a\0b", "a\u{202e}b", "\u{2067}b", &"x".repeat(NAME_CHARS_MAX + 1)] {
            let error = checked_name(bad).expect_err(bad);
            assert_eq!(error.param.as_deref(), Some("name"));
        }
        assert!(check_label("production-2.eu").is_ok());
        for bad in ["", "latest", "Latest", "a b", "ä", "a/b"] {
            assert!(check_label(bad).is_err(), "{bad}");
        }
        let tags = ["eu", " eu ", "few shot"].map(String::from);
        assert_eq!(checked_tags(&tags).expect("tags"), ["eu", "few shot"]);
        assert!(checked_tags(&["a,b".into()]).is_err());
    }

    #[test]
    fn a4_content_that_cannot_be_read_again_is_not_kept() {
        let mut content = PromptContent {
            model: "m".into(),
            messages: vec![ChatMessage::text(Role::User, "x")],
            ..PromptContent::default()
        };
        assert!(content.check().is_ok());
        let deep = format!("{}{}", "[".repeat(1_000), "]".repeat(1_000));
        let deep = serde_json::value::RawValue::from_string(deep).expect("json");
        content.provider_options = Some(Verbatim(deep));
        assert_eq!(content.check().expect_err("too deep").param.as_deref(), Some("provider_options"));
        content.provider_options = None;
        content.messages.clear();
        assert!(content.check().is_err());
    }

    #[test]
    fn a_snippet_is_the_users_words_on_one_line() {
        let content = PromptContent {
            messages: vec![
                ChatMessage::text(Role::System, "Be short."),
                ChatMessage::text(Role::User, "About\n\n  {{topic}} "),
            ],
            ..PromptContent::default()
        };
        assert_eq!(content.snippet(), "About {{topic}}");
        assert_eq!(content.variables(), ["topic"]);
    }
}
