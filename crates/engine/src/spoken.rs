//! A run in the words of a vendor's wire, for programs that ask for the same (A6).

use domain::fields::Fields;
use domain::{ApiError, Code, NewRun, Vendor};
use serde_json::Value;

use crate::error::Error;
use crate::library::Library;
use crate::principal::Principal;
use crate::providers::body_of;
use crate::render::{refuse_foreign, render};
use crate::runs::Runs;

/// A run as a client of a vendor's SDK would ask for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spoken {
    /// The body of the request.
    pub body: String,
    /// The model's provider, where it speaks this wire and can be asked without Etude.
    pub provider: Option<Address>,
}

/// Where a provider answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// What it is called here.
    pub name: String,
    /// Its address, as SDKs want it.
    pub base_url: String,
    /// The variable of the environment that usually holds its key.
    pub key_env: String,
    /// What it calls the model.
    pub model: String,
}

impl Runs<'_> {
    /// Says a run in the words of a vendor: to Etude, or to the model's provider itself where `direct`.
    ///
    /// # Errors
    /// Everything that is wrong with the run, and what that wire has no words for.
    pub async fn spoken(
        self,
        principal: &Principal,
        new: NewRun,
        vendor: Vendor,
        direct: bool,
        stream: bool,
    ) -> Result<Spoken, Error> {
        new.check()?;
        let new = Library(self.0).resolve(principal, new).await?;
        let (model, provider) = self.0.registry.resolve(&new.model).await?;
        refuse_foreign(&new, Some(vendor))?;
        let rendered = render(&new, &model.info)?;
        let address = (provider.speaks() == Some(vendor)).then(|| Address {
            name: provider.name().to_owned(),
            base_url: provider.endpoint().to_owned(),
            key_env: key_env(provider.vendor().unwrap_or_else(|| provider.name())),
            model: model.upstream.clone(),
        });
        let name = match (&address, direct) {
            (Some(address), true) => address.model.as_str(),
            (None, true) => return Err(not_spoken(&new.model, vendor).into()),
            (_, false) => new.model.as_str(),
        };
        // A server that speaks the same wire is asked as a run asks it: not all know OpenAI's newer names.
        let own = address.as_ref().and_then(|_| provider.body(name, &model, &rendered));
        let body = own.unwrap_or_else(|| body_of(vendor, name, &model, &rendered))?;
        Ok(Spoken { body: streamed(&body, stream)?, provider: address })
    }
}

/// The body, streamed or not: what is sent to providers always is.
fn streamed(body: &str, stream: bool) -> Result<String, ApiError> {
    let mut out = String::with_capacity(body.len());
    for (name, value) in Fields::of_body(body.as_bytes())?.all() {
        if name != "stream" && name != "stream_options" {
            out.push(if out.is_empty() { '{' } else { ',' });
            out.push_str(&Value::from(name).to_string());
            out.push(':');
            out.push_str(value.get());
        }
    }
    if stream {
        out.push_str(",\"stream\":true");
    }
    out.push('}');
    Ok(out)
}

fn key_env(provider: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    format!("{}_API_KEY", provider.chars().map(letter).collect::<String>())
}

fn not_spoken(model: &str, vendor: Vendor) -> ApiError {
    let message = format!("The provider of `{model}` does not speak {}'s wire.", vendor.name());
    ApiError::new(Code::ParameterNotSupported, message).hint("Call it by way of Etude, which speaks both.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a6_a_body_is_streamed_or_not_and_else_as_it_was() {
        let body = r#"{"model":"m","stream":true,"stream_options":{"include_usage":true},"top_p":0.30}"#;
        assert_eq!(streamed(body, false).as_deref(), Ok(r#"{"model":"m","top_p":0.30}"#));
        assert_eq!(streamed(body, true).as_deref(), Ok(r#"{"model":"m","top_p":0.30,"stream":true}"#));
        assert_eq!(key_env("my lab"), "MY_LAB_API_KEY");
    }
}
