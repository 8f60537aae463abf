//! A request as it is being read: what of it goes to the model that it asks for.

use domain::chat::Verbatim;
use domain::{ApiError, ClientWire, Code, ModelInfo, NewRun, Vendor, template};
use serde_json::value::RawValue;

/// Who will answer.
#[derive(Debug, Clone)]
pub struct Target {
    /// The name that the client asks for.
    pub model: String,
    /// Whose wire its provider speaks; none of the embedded model.
    pub vendor: Option<Vendor>,
    /// Whether it can call tools.
    pub tools: bool,
    /// Whether it can see pictures.
    pub images: bool,
    /// Whether a kept prompt stands before what the request says: then the body is not sent on as it came, and what the
    /// wire demands may be the prompt's to say.
    pub preset: bool,
}

impl Target {
    /// A model by the name that a client gave it.
    #[must_use]
    pub fn new(model: String, vendor: Option<Vendor>, info: &ModelInfo) -> Self {
        Self { model, vendor, tools: info.tools, images: info.images, preset: false }
    }
}

/// A request as read.
#[derive(Debug)]
pub struct Reading {
    /// The run that it asks for.
    pub run: NewRun,
    /// Whether the answer is streamed.
    pub stream: bool,
    /// Fields that change nothing in the answer and are not sent on, since this model's wire has no word for them. The
    /// client is told.
    pub unsent: Vec<String>,
    /// Whether the client's body goes to the provider as it came.
    pub native: bool,
    /// Where each message of the run stands in the request.
    pub paths: Vec<String>,
}

impl Reading {
    /// An error about the run in the words of the request that it was read from: messages and parameters by the paths
    /// and names that the client wrote.
    #[must_use]
    pub fn in_own_words(&self, wire: ClientWire, mut error: ApiError) -> ApiError {
        let is_refused = error.code == Code::ParameterNotSupported;
        error.message = self.rename(wire, &error.message, is_refused);
        error.hint = error.hint.map(|hint| own_name(wire, hint, "", is_refused));
        let named = error.param.take().map(|param| {
            let field = FIELDS.iter().find(|(name, _)| *name == param).map(|(_, own)| own[wire as usize].to_owned());
            field.unwrap_or_else(|| self.rename(wire, &param, is_refused))
        });
        let first = || {
            let mut words = error.message.split('`').skip(1).step_by(2);
            let word = words.find(|word| word.contains('[') || is_parameter(wire, word))?;
            Some(word.to_owned())
        };
        error.param = named.or_else(first);
        error
    }

    fn rename(&self, wire: ClientWire, text: &str, is_refused: bool) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(place) = rest.find("messages[") {
            let (before, found) = rest.split_at(place);
            out.push_str(before);
            let digits: String = found["messages[".len()..].chars().take_while(char::is_ascii_digit).collect();
            let length = "messages[".len() + digits.len() + 1;
            match digits.parse::<usize>().ok().and_then(|n| self.paths.get(n)).filter(|_| found.len() >= length) {
                Some(path) => {
                    out.push_str(path);
                    rest = &found[length..];
                }
                None => {
                    out.push_str("messages[");
                    rest = &found["messages[".len()..];
                }
            }
        }
        out.push_str(rest);
        for (name, own) in FIELDS {
            out = out.replace(&format!("`{name}`"), &format!("`{}`", own[wire as usize]));
        }
        own_name(wire, out, "params.", is_refused)
    }
}

/// A text with each parameter's name, which `prefix` stands before, as the client writes it.
fn own_name(wire: ClientWire, mut text: String, prefix: &str, is_refused: bool) -> String {
    for (name, own) in NAMES {
        let own = match (wire, name) {
            // Whether there are any is another field there than how many.
            (ClientWire::Chat, "logprobs") if is_refused => "logprobs",
            _ => own[wire as usize],
        };
        text = text.replace(&format!("`{prefix}{name}`"), &format!("`{own}`"));
    }
    text
}

/// Parameters by our name and by those of the four wires, in the order of [`ClientWire`].
const NAMES: [(&str, [&str; 4]); 10] = [
    ("temperature", ["temperature"; 4]),
    ("top_p", ["top_p"; 4]),
    ("top_k", ["top_k"; 4]),
    ("max_tokens", ["max_tokens", "max_tokens", "max_output_tokens", "max_tokens"]),
    ("stop", ["stop", "stop", "stop", "stop_sequences"]),
    ("seed", ["seed"; 4]),
    ("presence_penalty", ["presence_penalty"; 4]),
    ("frequency_penalty", ["frequency_penalty"; 4]),
    ("logprobs", ["top_logprobs", "logprobs", "top_logprobs", "top_logprobs"]),
    ("reasoning_effort", ["reasoning_effort", "reasoning_effort", "reasoning.effort", "output_config.effort"]),
];

/// What else a run has by another name than the four wires, in the order of [`ClientWire`].
const FIELDS: [(&str, [&str; 4]); 2] = [
    ("messages", ["messages", "prompt", "input", "messages"]),
    ("response_format", ["response_format", "response_format", "text.format", "output_config.format"]),
];

fn is_parameter(wire: ClientWire, word: &str) -> bool {
    word == "logprobs" || NAMES.iter().any(|(_, own)| own[wire as usize] == word)
}

/// Reads fields into a [`Reading`].
pub(crate) struct Reader {
    target: Target,
    vendor: Vendor,
    /// Whether what is not known here goes to the provider as it came.
    native: bool,
    unsent: Vec<String>,
    options: Vec<(String, String)>,
    paths: Vec<String>,
}

impl Reader {
    /// A reader of requests in the words of `vendor`; `native` where such a body can be sent on.
    pub fn new(target: &Target, vendor: Vendor, native: bool) -> Self {
        let native = native && !target.preset && target.vendor == Some(vendor);
        Self { target: target.clone(), vendor, native, unsent: Vec::new(), options: Vec::new(), paths: Vec::new() }
    }

    /// Whether the client's body goes to the provider as it came.
    pub fn is_native(&self) -> bool {
        self.native
    }

    /// Whether the model's provider speaks this vendor's wire.
    pub fn is_kin(&self) -> bool {
        self.target.vendor == Some(self.vendor)
    }

    /// A field that changes nothing in the answer: where this model's wire lacks it, the client is told.
    pub fn hint(&mut self, path: impl Into<String>) {
        let path = path.into();
        if !self.native && !self.unsent.contains(&path) {
            self.unsent.push(path);
        }
    }

    /// A field that changes the answer, and that only this wire has.
    ///
    /// # Errors
    /// Where the model's provider speaks another.
    pub fn only_here(&self, path: &str) -> Result<(), ApiError> {
        if self.native { Ok(()) } else { Err(self.not_taken(path)) }
    }

    /// A field of the request itself that only this wire has; it is kept with the run, so that it can be run again.
    ///
    /// # Errors
    /// Where the model's provider speaks another.
    pub fn option(&mut self, name: &str, value: &RawValue) -> Result<(), ApiError> {
        self.only_here(name)?;
        self.options.push((name.to_owned(), value.get().to_owned()));
        Ok(())
    }

    /// As [`Reader::option`], for a field that the vendor's other wire has, too.
    ///
    /// # Errors
    /// Where the model's provider speaks another vendor's.
    pub fn kin_option(&mut self, path: &str, name: &str, json: String) -> Result<(), ApiError> {
        if !self.is_kin() {
            return Err(self.not_taken(path));
        }
        self.options.push((name.to_owned(), json));
        Ok(())
    }

    /// Notes that the messages up to `count` stand at this path, as far as none was said for them.
    pub fn stands(&mut self, count: usize, path: &str) {
        if self.paths.len() < count {
            self.paths.resize(count, path.to_owned());
        }
    }

    /// Lets a picture with a grade of detail pass.
    ///
    /// # Errors
    /// Where the provider's wire has no such grades.
    pub fn detail(&self, path: &str, detail: Option<&String>) -> Result<(), ApiError> {
        match detail {
            Some(_) if self.target.vendor == Some(Vendor::Anthropic) => Err(self.not_taken(path)),
            _ => Ok(()),
        }
    }

    /// Lets a picture pass.
    ///
    /// # Errors
    /// Where the model sees none.
    pub fn picture(&self, path: &str) -> Result<(), ApiError> {
        if self.target.images { Ok(()) } else { Err(self.not_taken(path)) }
    }

    /// Lets tools pass, if there are any.
    ///
    /// # Errors
    /// Where the model calls none.
    pub fn tools(&self, are_any: bool) -> Result<(), ApiError> {
        if self.target.tools || !are_any { Ok(()) } else { Err(self.not_taken("tools")) }
    }

    /// Lets an answer pass that is any JSON object.
    ///
    /// # Errors
    /// Where the provider's wire has no such form.
    pub fn any_json(&self, path: &str) -> Result<(), ApiError> {
        if self.target.vendor == Some(Vendor::Anthropic) { Err(self.not_taken(path)) } else { Ok(()) }
    }

    /// The refusal of a field that the model's wire lacks.
    pub fn not_taken(&self, path: &str) -> ApiError {
        let model = domain::fields::quoted(&self.target.model);
        ApiError::new(
            Code::ParameterNotSupported,
            format!("`{path}` cannot be passed on to `{model}`, which has no such thing. Nothing was sent."),
        )
        .hint("Leave it out, or choose another model.")
        .param(path)
    }

    /// The end of reading.
    pub fn finish(self, mut run: NewRun, stream: bool) -> Reading {
        if !self.options.is_empty() {
            let fields: Vec<_> = self
                .options
                .iter()
                .map(|(name, json)| format!("{}:{json}", serde_json::Value::from(name.as_str())))
                .collect();
            let json = format!("{{{}}}", fields.join(","));
            run.provider_options = Some(Verbatim(RawValue::from_string(json).expect("names and JSON make JSON")));
        }
        let mut paths = self.paths;
        // What stands in no path of its own belongs to the one before it.
        let last = paths.last().cloned().unwrap_or_else(|| "messages".into());
        paths.resize(run.messages.len(), last);
        Reading { run, stream, unsent: self.unsent, native: self.native, paths }
    }
}

/// A client's text: what looks like a variable in it is none.
pub(crate) fn literal(text: &str) -> String {
    template::escape(text).into_owned()
}

/// JSON that is kept to the byte.
pub(crate) fn verbatim(json: &RawValue) -> Verbatim {
    Verbatim(json.to_owned())
}

/// JSON that is kept to the byte.
pub(crate) fn verbatim_text(json: impl Into<String>) -> Verbatim {
    Verbatim(RawValue::from_string(json.into()).expect("JSON was written"))
}

#[cfg(test)]
mod tests {
    use domain::{ChatMessage, Role};

    use super::*;

    #[test]
    fn an_error_names_what_the_client_wrote() {
        let run = NewRun::new("m", vec![ChatMessage::text(Role::User, "x"); 3]);
        let paths = ["instructions", "input[0]", "input[4]"].map(String::from).to_vec();
        let reading = Reading { run, stream: false, unsent: Vec::new(), native: false, paths };
        for (message, want, param) in [
            ("`messages[2]` is wrong.", "`input[4]` is wrong.", Some("input[4]")),
            ("`messages[1].content` has a NUL.", "`input[0].content` has a NUL.", Some("input[0].content")),
            (
                "`params.max_tokens` is 0; `m` takes 1.",
                "`max_output_tokens` is 0; `m` takes 1.",
                Some("max_output_tokens"),
            ),
            ("`m` is full.", "`m` is full.", None),
            ("messages[9] messages[", "messages[9] messages[", None),
        ] {
            let error = reading.in_own_words(ClientWire::Responses, ApiError::new(Code::InvalidRequest, message));
            assert_eq!((error.message.as_str(), error.param.as_deref()), (want, param));
        }
    }
}
