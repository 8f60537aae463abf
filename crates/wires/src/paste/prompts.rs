//! Prompts of OpenAI's with all their versions: what an import takes beside Etude's own files.

use domain::fields::invalid;
use domain::prompt::PromptContent;
use domain::{ApiError, Code};
use serde_json::{Map, Value};

use super::{Pasted, read};

/// A prompt of OpenAI's.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenaiPrompt {
    /// Its id there: `pmpt_…`.
    pub id: String,
    /// What it is called, where that is said.
    pub name: Option<String>,
    /// The version that is in use there, where that is said.
    pub production: Option<String>,
    /// Its versions, in the order of the file.
    pub versions: Vec<OpenaiVersion>,
}

/// A version of one.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenaiVersion {
    /// What it is called there, where that is said.
    pub version: Option<String>,
    /// What it holds. Its model is empty where none is named.
    pub content: PromptContent,
    /// What has no place in it.
    pub left_out: Vec<String>,
}

/// Reads a prompt object of OpenAI's, a response that was made with one, or a list of them; none where it is something
/// else.
///
/// # Errors
/// `invalid_request` for a prompt without its text, with its place in the list.
pub fn prompts(text: &str) -> Result<Option<Vec<OpenaiPrompt>>, ApiError> {
    let Ok(json) = serde_json::from_str::<Value>(text) else { return Ok(None) };
    let (list, is_list) = match json {
        Value::Array(list) => (list, true),
        one => (vec![one], false),
    };
    if !list.first().is_some_and(is_openai) {
        return Ok(None);
    }
    let mut prompts: Vec<OpenaiPrompt> = Vec::with_capacity(list.len());
    for (place, entry) in list.into_iter().enumerate() {
        let at = if is_list { format!("[{place}]") } else { String::new() };
        let prompt = prompt(entry, &at)?;
        if prompts.iter().any(|known| known.id == prompt.id) {
            return Err(invalid(format!("`{at}` is a prompt that stands in the list before. Nothing was imported.")));
        }
        prompts.push(prompt);
    }
    Ok(Some(prompts))
}

/// Whether it is a prompt by its id, or a response with one.
fn is_openai(json: &Value) -> bool {
    let is_id = |value: Option<&Value>| value.and_then(Value::as_str).is_some_and(|id| id.starts_with("pmpt_"));
    let of_prompt = |name: &str| is_id(json.get("prompt").and_then(|prompt| prompt.get(name)));
    ["id", "prompt_id", "openai_prompt_id"].into_iter().any(|name| is_id(json.get(name)) || of_prompt(name))
}

fn prompt(entry: Value, at: &str) -> Result<OpenaiPrompt, ApiError> {
    let Value::Object(mut fields) = entry else { return Err(no_prompt(at)) };
    let production = fields.get("production_version").and_then(word);
    let Some(Value::Array(versions)) = fields.remove("versions") else {
        let pasted = read_at(&fields, at)?;
        let (id, version) = id_of(&pasted, at)?;
        let name = pasted.name.clone();
        return Ok(OpenaiPrompt { id, name, production, versions: vec![of(pasted, version)] });
    };
    fields.remove("production_version");
    fields.remove("version");
    let mut read: Option<OpenaiPrompt> = None;
    for (place, version) in versions.into_iter().enumerate() {
        let at = if at.is_empty() { format!("versions[{place}]") } else { format!("{at}.versions[{place}]") };
        let mut one = fields.clone();
        one.insert("versions".into(), Value::Array(vec![version]));
        let pasted = read_at(&one, &at)?;
        let (id, number) = id_of(&pasted, &at)?;
        let whole = read.get_or_insert_with(|| OpenaiPrompt {
            id,
            name: pasted.name.clone(),
            production: production.clone(),
            versions: Vec::new(),
        });
        whole.versions.push(of(pasted, number));
    }
    read.ok_or_else(|| {
        invalid(format!(
            "`{}` is empty: the prompt has no versions. Nothing was imported.",
            if at.is_empty() { "versions".to_owned() } else { format!("{at}.versions") }
        ))
    })
}

fn read_at(fields: &Map<String, Value>, at: &str) -> Result<Pasted, ApiError> {
    let text = serde_json::to_string(fields).unwrap_or_default();
    read(&text).map_err(|error| {
        let message = error.message.replace("Nothing was done.", "Nothing was imported.");
        let message = if at.is_empty() { message } else { format!("`{at}` cannot be imported: {message}") };
        ApiError { message, ..error }
    })
}

fn id_of(pasted: &Pasted, at: &str) -> Result<(String, Option<String>), ApiError> {
    let external = pasted.external.as_ref().ok_or_else(|| no_prompt(at))?;
    Ok((external.id.clone(), external.version.clone()))
}

fn no_prompt(at: &str) -> ApiError {
    let at = if at.is_empty() { "The file".to_owned() } else { format!("`{at}`") };
    ApiError::new(Code::InvalidRequest, format!("{at} is no prompt of OpenAI's: it has no id. Nothing was imported."))
        .hint("Its id begins with `pmpt_`.")
}

fn of(pasted: Pasted, version: Option<String>) -> OpenaiVersion {
    let left_out = pasted.left_out.into_iter().map(|left| left.what).collect();
    OpenaiVersion { version, content: PromptContent::of_run(pasted.run), left_out }
}

fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BY_HAND: &str = r#"{"openai_prompt_id":"pmpt_68a1","name":"support","production_version":"1","versions":[
        {"version":"1","messages":[{"role":"system","content":"For {{customer}}"}],"config":{"model":"gpt-5","store":true}},
        {"version":2,"messages":[{"role":"user","content":"Again, {{customer}}"}],"config":{"model":"gpt-5"}}]}"#;

    #[test]
    fn every_version_of_a_prompt_is_read() {
        let prompts = prompts(BY_HAND).expect("reads").expect("a prompt");
        let prompt = &prompts[0];
        assert_eq!((prompt.id.as_str(), prompt.name.as_deref()), ("pmpt_68a1", Some("support")));
        assert_eq!(prompt.production.as_deref(), Some("1"));
        let versions: Vec<_> = prompt.versions.iter().map(|version| version.version.as_deref()).collect();
        assert_eq!(versions, [Some("1"), Some("2")]);
        assert_eq!(prompt.versions[1].content.texts().collect::<Vec<_>>(), ["Again, {{customer}}"]);
        assert_eq!(prompt.versions[0].left_out, ["store"]);
        let two = format!("[{BY_HAND},{}]", BY_HAND.replace("68a1", "68a2"));
        assert_eq!(super::prompts(&two).expect("reads").map(|prompts| prompts.len()), Some(2));
    }

    #[test]
    fn what_is_none_is_left_and_what_is_broken_is_named() {
        for other in ["{}", "[]", "no JSON", r#"{"model":"m","messages":[]}"#, r#"{"format":"etude"}"#] {
            assert_eq!(prompts(other), Ok(None), "{other}");
        }
        let refused = |text: &str| prompts(text).expect_err(text).message;
        assert!(refused(r#"{"id":"pmpt_3","name":"x"}"#).contains("`pmpt_3` is only named here"));
        assert!(
            refused(&BY_HAND.replace(r#""messages":[{"role":"user","content":"Again, {{customer}}"}],"#, ""))
                .contains("`versions[1]`")
        );
        assert!(refused(&format!("[{BY_HAND},{BY_HAND}]")).contains("`[1]` is a prompt that stands"));
        assert!(refused(&format!("[{BY_HAND},1]")).contains("`[1]` is no prompt"));
    }
}
