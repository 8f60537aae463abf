//! Whether a tool must, may or must not be called. Requests say it in either vendor's words; each wire gets its own.

use serde_json::Value;

use crate::chat::Verbatim;
use crate::error::{ApiError, Code};

/// Whether a tool must, may or must not be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToolChoice {
    /// As the model likes.
    Auto,
    /// None may be.
    None,
    /// One must be, whichever.
    Required,
    /// This one must be.
    Tool(String),
}

impl ToolChoice {
    /// Reads `"auto"`, `"none"`, `"required"`, `{"type": "function", "function": {"name": …}}` (OpenAI's words),
    /// `{"type": "auto" | "none" | "any"}` and `{"type": "tool", "name": …}` (Anthropic's).
    ///
    /// # Errors
    /// `invalid_request` for anything else, with what is taken, and for what stands beside it: it would be lost.
    pub fn read(choice: &Verbatim) -> Result<Self, ApiError> {
        const FIELDS: [&str; 3] = ["type", "function", "name"];
        let value: Value = serde_json::from_str(choice.as_str()).unwrap_or_default();
        if let Some(more) =
            value.as_object().and_then(|fields| fields.keys().find(|name| !FIELDS.contains(&name.as_str())))
        {
            let shown: String = more.chars().take(100).collect();
            return Err(ApiError::new(
                Code::InvalidRequest,
                format!("`tool_choice.{shown}` is not known here. Nothing was sent."),
            )
            .hint("Leave it out; what only one provider takes goes into `provider_options`."));
        }
        let word = value.as_str().or_else(|| value["type"].as_str()).unwrap_or_default();
        let name = value["function"]["name"].as_str().or_else(|| value["name"].as_str());
        match (word, name) {
            ("auto", _) => Ok(Self::Auto),
            ("none", _) => Ok(Self::None),
            ("required" | "any", _) => Ok(Self::Required),
            ("function" | "tool", Some(name)) => Ok(Self::Tool(name.to_owned())),
            _ => Err(ApiError::new(Code::InvalidRequest, "`tool_choice` cannot be used. Nothing was sent.").hint(
                "Write \"auto\", \"none\", \"required\", or {\"type\": \"function\", \"function\": {\"name\": \"…\"}}.",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_either_vendors_words() {
        let read = |json: &str| ToolChoice::read(&serde_json::from_str(json).expect("json"));
        assert_eq!(read(r#""required""#), Ok(ToolChoice::Required));
        assert_eq!(read(r#"{"type":"any"}"#), Ok(ToolChoice::Required));
        let named = Ok(ToolChoice::Tool("clock".into()));
        assert_eq!(read(r#"{"type":"function","function":{"name":"clock"}}"#), named);
        assert_eq!(read(r#"{"type":"tool","name":"clock"}"#), named);
        let more = read(r#"{"type":"auto","disable_parallel_tool_use":true}"#).expect_err("it would be lost");
        assert!(more.message.contains("disable_parallel_tool_use"), "{more}");
        for wrong in ["1", r#""always""#, r#"{"type":"tool"}"#, "[]"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
