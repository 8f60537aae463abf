//! A request as it is being read: what of it goes to the model that it asks for.

use domain::chat::Verbatim;
use domain::{ApiError, Code, ModelInfo, NewRun, Vendor, template};
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
}

impl Target {
    /// A model by the name that a client gave it.
    #[must_use]
    pub fn new(model: String, vendor: Option<Vendor>, info: &ModelInfo) -> Self {
        Self { model, vendor, tools: info.tools, images: info.images }
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
}

/// Reads fields into a [`Reading`].
pub(crate) struct Reader {
    target: Target,
    vendor: Vendor,
    /// Whether what is not known here goes to the provider as it came.
    native: bool,
    unsent: Vec<String>,
    options: Vec<(String, String)>,
}

impl Reader {
    /// A reader of requests in the words of `vendor`; `native` where such a body can be sent on.
    pub fn new(target: &Target, vendor: Vendor, native: bool) -> Self {
        let native = native && target.vendor == Some(vendor);
        Self { target: target.clone(), vendor, native, unsent: Vec::new(), options: Vec::new() }
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
        Reading { run, stream, unsent: self.unsent, native: self.native }
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
