//! A request as it is being read: what of it goes to the model that it asks for.

use domain::chat::Verbatim;
use domain::{ApiError, Code, NewRun, Vendor, template};
use serde_json::value::RawValue;

/// Who will answer.
#[derive(Debug, Clone)]
pub struct Target {
    /// The name that the client asks for.
    pub model: String,
    /// Whose wire its provider speaks; none of the embedded model.
    pub vendor: Option<Vendor>,
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

    /// The refusal of a field that the model's wire lacks.
    pub fn not_taken(&self, path: &str) -> ApiError {
        let model = domain::fields::quoted(&self.target.model);
        ApiError::new(
            Code::ParameterNotSupported,
            format!("`{path}` cannot be passed on to `{model}`, which has no such thing. Nothing was sent."),
        )
        .hint(match (self.native, self.vendor) {
            (true, _) => "Leave it out.".to_owned(),
            (false, vendor) => {
                format!("Leave it out, or choose a model whose provider speaks {}'s wire.", vendor.name())
            }
        })
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
