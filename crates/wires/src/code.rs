//! A run as a program (A6): curl, Python and TypeScript with the vendors' own SDKs, Rust.
//!
//! What is written runs unchanged and sends the body that it was written from: keys are read from the environment, so
//! that a program can be passed on, and numbers keep their digits. `crate::paste` reads every one of them back.

mod curl;
pub(crate) mod json;
mod layout;
mod python;
mod rust;
#[cfg(test)]
pub(crate) mod testing;
mod typescript;

use domain::Vendor;

use json::{Json, Text};

/// Deepest nesting of a body that is written.
const DEPTH_MAX: usize = 200;
/// Most tokens of an answer that Anthropic's SDKs wait for without a stream and without being told how long.
const QUICK_TOKENS_MAX: u64 = 8_192;
/// How long to wait for longer ones, in seconds.
const LONG_ANSWER_S: u64 = 3_600;
/// The key where Etude has no accounts, and of servers that want none: clients insist on having one.
const NO_KEY: &str = "none";

/// What a program is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// A command of the shell.
    Curl,
    /// Python, with the vendor's SDK.
    Python,
    /// TypeScript that is JavaScript as well, with the vendor's SDK.
    Typescript,
    /// Rust, with reqwest.
    Rust,
}

impl Language {
    /// Every one of them, in the order that they are shown in.
    pub const ALL: [Self; 4] = [Self::Curl, Self::Python, Self::Typescript, Self::Rust];

    /// The word in JSON and in addresses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Curl => "curl",
            Self::Python => "python",
            Self::Typescript => "typescript",
            Self::Rust => "rust",
        }
    }

    /// The language with that word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.as_str() == word)
    }

    /// The name, for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Curl => "curl",
            Self::Python => "Python",
            Self::Typescript => "TypeScript",
            Self::Rust => "Rust",
        }
    }
}

/// What is to be written.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// Whose words the body is in.
    pub vendor: Vendor,
    /// Where it goes.
    pub at: At<'a>,
    /// The JSON object that is sent.
    pub body: &'a str,
}

/// Where a call goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At<'a> {
    /// To Etude: `ETUDE_URL`, which this address stands in for, and `ETUDE_KEY`.
    Etude {
        /// Its address, without a path.
        url: &'a str,
    },
    /// To the provider itself.
    Provider {
        /// Where its API is: of OpenAI's wire with the `/v1`, of Anthropic's without.
        base_url: &'a str,
        /// The variable of the environment that holds the key; empty where it wants none.
        key_env: &'a str,
    },
}

/// The program that makes a call.
///
/// A body that is no JSON object makes no call; the text says so in a comment.
#[must_use]
pub fn write(language: Language, call: &Call<'_>) -> String {
    let Some(request) = Request::read(call) else {
        let mark = if matches!(language, Language::Curl | Language::Python) { "#" } else { "//" };
        return format!("{mark} The body of this request is no JSON object, so no program sends it.\n");
    };
    match language {
        Language::Curl => curl::write(&request),
        Language::Python => python::write(&request),
        Language::Typescript => typescript::write(&request),
        Language::Rust => rust::write(&request),
    }
}

/// A field of the body.
type Field<'a> = (Text<'a>, Json<'a>);

/// A call whose body has been read.
struct Request<'a> {
    vendor: Vendor,
    place: Place,
    fields: Vec<Field<'a>>,
    stream: bool,
}

impl<'a> Request<'a> {
    fn read(call: &Call<'a>) -> Option<Self> {
        let Ok(Json::Object(mut fields)) = Json::parse(call.body, DEPTH_MAX, usize::MAX) else { return None };
        // Where a field stands twice the last one counts, as servers have it; an argument cannot stand twice.
        let mut seen = std::collections::HashSet::new();
        let mut last: Vec<bool> = fields.iter().rev().map(|(name, _)| seen.insert(name.clone())).collect();
        fields.retain(|_| last.pop().unwrap_or(true));
        let mut request = Self { vendor: call.vendor, place: Place::of(call), fields, stream: false };
        request.stream = request.word("stream") == Some("true");
        Some(request)
    }

    fn field(&self, name: &str) -> Option<&Json<'a>> {
        self.fields.iter().find(|(known, _)| known.is(name)).map(|(_, value)| value)
    }

    fn word(&self, name: &str) -> Option<&str> {
        match self.field(name)? {
            Json::Word(word) => Some(word),
            _ => None,
        }
    }

    /// Whether the model may call tools, so that the answer can be something else than a text.
    fn has_tools(&self) -> bool {
        matches!(self.field("tools"), Some(Json::List(tools)) if !tools.is_empty())
    }

    /// How long an SDK must be told to wait, in seconds, where it refuses to send otherwise.
    fn timeout_s(&self) -> Option<u64> {
        let tokens: u64 = self.word("max_tokens")?.parse().ok()?;
        let refuses = self.vendor == Vendor::Anthropic && !self.stream && tokens > QUICK_TOKENS_MAX;
        refuses.then_some(LONG_ANSWER_S)
    }

    /// The fields that the SDKs have a name for, and the others.
    fn known(&self) -> (Vec<&Field<'a>>, Vec<&Field<'a>>) {
        let known = match self.vendor {
            Vendor::Openai => &OPENAI_FIELDS[..],
            Vendor::Anthropic => &ANTHROPIC_FIELDS[..],
        };
        self.fields.iter().partition(|(name, _)| known.contains(&name.as_escaped()))
    }

    /// The body as JSON over several lines.
    fn body(&self) -> String {
        let mut out = String::from("{");
        for (n, (name, value)) in self.fields.iter().enumerate() {
            out.push_str(if n == 0 { "" } else { "," });
            layout::line(&mut out, 2);
            layout::Dialect::Json.name(&mut out, name);
            layout::Dialect::Json.value(&mut out, value, 2);
        }
        out.push_str(if self.fields.is_empty() { "}" } else { "\n}" });
        out
    }
}

/// Where a call goes, in the pieces that programs put together.
struct Place {
    /// The variable that holds the address; none where that is fixed.
    url_env: Option<&'static str>,
    /// The address, or what stands in for the variable.
    url: String,
    /// What follows it on the wire.
    path: &'static str,
    /// What follows it in the address that an SDK is given; none where the SDK knows the address by itself.
    sdk: Option<&'static str>,
    key: Key,
}

/// Where the key is.
enum Key {
    /// In a variable, which may be unset.
    Perhaps(&'static str),
    /// In a variable.
    In(String),
    /// Nowhere; none is wanted.
    Unwanted,
}

impl Place {
    fn of(call: &Call<'_>) -> Self {
        let path = match call.vendor {
            Vendor::Openai => "/v1/chat/completions",
            Vendor::Anthropic => "/v1/messages",
        };
        match call.at {
            At::Etude { url } => Self {
                url_env: Some("ETUDE_URL"),
                url: address(url),
                path,
                sdk: Some(if call.vendor == Vendor::Openai { "/v1" } else { "" }),
                key: Key::Perhaps("ETUDE_KEY"),
            },
            At::Provider { base_url, key_env } => {
                let (usual, path) = match call.vendor {
                    Vendor::Openai => ("https://api.openai.com/v1", "/chat/completions"),
                    Vendor::Anthropic => ("https://api.anthropic.com", path),
                };
                let url = address(base_url);
                let sdk = (url != usual).then_some("");
                let key = if key_env.is_empty() { Key::Unwanted } else { Key::In(variable(key_env)) };
                Self { url_env: None, url, path, sdk, key }
            }
        }
    }
}

/// An address without anything that a language could take for its own.
fn address(url: &str) -> String {
    let mut out = String::with_capacity(url.len());
    for byte in url.trim_end_matches('/').bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:/?#[]@&=+,;%".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// A variable's name as every shell has it.
fn variable(name: &str) -> String {
    let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if name.starts_with(|c: char| c.is_ascii_digit()) { format!("_{name}") } else { name }
}

/// Fields of a chat completion that OpenAI's SDKs name; newer ones are left out, since not every SDK of this generation
/// has them. Others are sent just the same.
const OPENAI_FIELDS: [&str; 34] = [
    "audio",
    "frequency_penalty",
    "function_call",
    "functions",
    "logit_bias",
    "logprobs",
    "max_completion_tokens",
    "max_tokens",
    "messages",
    "metadata",
    "modalities",
    "model",
    "n",
    "parallel_tool_calls",
    "prediction",
    "presence_penalty",
    "prompt_cache_key",
    "prompt_cache_retention",
    "reasoning_effort",
    "response_format",
    "safety_identifier",
    "seed",
    "service_tier",
    "stop",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "user",
    "verbosity",
];

/// The same of a message to Anthropic. Sampling is not among them: its SDKs have dropped those names.
const ANTHROPIC_FIELDS: [&str; 12] = [
    "max_tokens",
    "messages",
    "metadata",
    "model",
    "output_config",
    "service_tier",
    "stop_sequences",
    "stream",
    "system",
    "thinking",
    "tool_choice",
    "tools",
];

#[cfg(test)]
mod tests {
    use super::testing::{BODIES, every};
    use super::*;

    #[test]
    fn languages_have_their_words() {
        for language in Language::ALL {
            assert_eq!(Language::from_word(language.as_str()), Some(language));
        }
        assert_eq!(Language::from_word("cobol"), None);
    }

    #[test]
    fn a6_no_program_holds_a_key_or_asks_for_one_that_is_not_wanted() {
        for (vendor, body) in BODIES {
            for (language, text) in every(vendor, At::Etude { url: "http://127.0.0.1:3000/" }, body) {
                assert!(text.contains("ETUDE_URL") && text.contains("http://127.0.0.1:3000"), "{text}");
                assert!(text.contains("ETUDE_KEY") && !text.contains("3000/\""), "{text}");
                assert!(text.ends_with('\n') && !text.contains(" \n"), "{language:?}: {text}");
            }
            let at = At::Provider { base_url: "http://10.0.0.7:8000/v1", key_env: "" };
            for (language, text) in every(vendor, at, body) {
                let (asks, sends) = (text.contains("environ") || text.contains("env"), text.contains("authorization"));
                assert!(!asks && !sends, "{language:?}: {text}");
                assert!(text.contains("http://10.0.0.7:8000/v1"), "{text}");
            }
        }
    }

    #[test]
    fn a6_the_vendors_own_address_is_the_sdks_default() {
        for (vendor, base_url) in
            [(Vendor::Openai, "https://api.openai.com/v1/"), (Vendor::Anthropic, "https://api.anthropic.com")]
        {
            for (language, text) in every(vendor, At::Provider { base_url, key_env: "MY KEY" }, BODIES[0].1) {
                let is_sdk = matches!(language, Language::Python | Language::Typescript);
                assert_eq!(text.contains(base_url.trim_end_matches('/')), !is_sdk, "{text}");
                assert!(text.contains("MY_KEY"), "{text}");
            }
        }
    }

    #[test]
    fn what_stands_in_an_address_cannot_leave_it() {
        assert_eq!(address("http://a/\"$(id)`'\\ }\n"), "http://a/%22%24%28id%29%60%27%5C%20%7D%0A");
        assert_eq!(variable("1 a;b"), "_1_a_b");
    }

    #[test]
    fn what_is_no_object_is_said_to_be_none() {
        for body in ["", "[]", "{", "1"] {
            for (_, text) in every(Vendor::Openai, At::Etude { url: "http://e" }, body) {
                assert!(text.contains("no JSON object") && text.lines().count() == 1, "{text}");
            }
        }
    }

    #[test]
    fn of_a_field_that_stands_twice_the_last_counts() {
        let call =
            Call { vendor: Vendor::Openai, at: At::Etude { url: "http://e" }, body: r#"{"n":1,"model":"m","n":2}"# };
        let text = write(Language::Python, &call);
        assert!(text.contains("n=2") && !text.contains("n=1"), "{text}");
    }
}
