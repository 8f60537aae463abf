//! Sampling parameters: each may be absent, none has a hidden value (A2).

use serde::{Deserialize, Deserializer, Serialize};

use crate::error::{ApiError, Code};
use crate::limits::{LOGPROBS_MAX, STOP_SEQUENCE_BYTES_MAX, STOP_SEQUENCES_MAX};
use crate::model::{ModelInfo, Range};

/// What steers the sampling of a run. What is absent is not sent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Flattens (above 1) or sharpens the distribution; 0 always takes the likeliest token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Keeps the likeliest tokens that together have this probability.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// Keeps this many of the likeliest tokens; 0 keeps all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_k: Option<u32>,
    /// Most tokens of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
    /// Texts at which the answer ends; they are not part of it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "one_or_many")]
    pub stop: Option<Vec<String>>,
    /// Makes a run repeatable where the model allows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<i64>,
    /// Lowers what has occurred at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presence_penalty: Option<f64>,
    /// Lowers what has occurred, by how often.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frequency_penalty: Option<f64>,
    /// Logprobs of each token, with this many alternatives (0-20).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logprobs: Option<u8>,
    /// How long to think, in the provider's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning_effort: Option<String>,
}

fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<String>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected a list of strings")]
    enum OneOrMany {
        One(String),
        Many(Vec<String>),
    }
    Ok(Option::<OneOrMany>::deserialize(deserializer)?.map(|form| match form {
        OneOrMany::One(text) => vec![text],
        OneOrMany::Many(texts) => texts,
    }))
}

impl Params {
    /// The names of the parameters that are set.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        [
            ("temperature", self.temperature.is_some()),
            ("top_p", self.top_p.is_some()),
            ("top_k", self.top_k.is_some()),
            ("max_tokens", self.max_tokens.is_some()),
            ("stop", self.stop.is_some()),
            ("seed", self.seed.is_some()),
            ("presence_penalty", self.presence_penalty.is_some()),
            ("frequency_penalty", self.frequency_penalty.is_some()),
            ("logprobs", self.logprobs.is_some()),
            ("reasoning_effort", self.reasoning_effort.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, set)| set.then_some(name))
        .collect()
    }

    /// These parameters, and `defaults` where one is absent.
    #[must_use]
    pub fn or(self, defaults: &Self) -> Self {
        let other = defaults.clone();
        Self {
            temperature: self.temperature.or(other.temperature),
            top_p: self.top_p.or(other.top_p),
            top_k: self.top_k.or(other.top_k),
            max_tokens: self.max_tokens.or(other.max_tokens),
            stop: self.stop.or(other.stop),
            seed: self.seed.or(other.seed),
            presence_penalty: self.presence_penalty.or(other.presence_penalty),
            frequency_penalty: self.frequency_penalty.or(other.frequency_penalty),
            logprobs: self.logprobs.or(other.logprobs),
            reasoning_effort: self.reasoning_effort.or(other.reasoning_effort),
        }
    }

    /// Checks every parameter against what the model can take.
    ///
    /// # Errors
    /// The first parameter that is out of range, with the range, or that the model cannot take.
    pub fn check(&self, model: &ModelInfo) -> Result<(), ApiError> {
        for name in self.names() {
            if model.refuses(name) {
                return Err(ApiError::new(
                    Code::ParameterNotSupported,
                    format!("`{}` does not take `params.{name}`. Nothing was sent.", model.name),
                )
                .hint(format!("Leave `{name}` out, or choose another model.")));
            }
        }
        self.check_ranges(model)
    }

    /// Checks every parameter against the ranges of the model, whether it takes it or not: of what is only kept.
    ///
    /// # Errors
    /// The first parameter that is out of range, with the range.
    pub fn check_ranges(&self, model: &ModelInfo) -> Result<(), ApiError> {
        let numbers = [
            ("temperature", self.temperature),
            ("top_p", self.top_p),
            ("top_k", self.top_k.map(f64::from)),
            ("max_tokens", self.max_tokens.map(f64::from)),
            ("presence_penalty", self.presence_penalty),
            ("frequency_penalty", self.frequency_penalty),
            ("logprobs", self.logprobs.map(f64::from)),
        ];
        for (name, value) in numbers {
            let Some(value) = value else { continue };
            let range = model.range(name);
            if !range.contains(value) {
                return Err(out_of_range(name, value, range, &model.name));
            }
        }
        self.check_stop()
    }

    fn check_stop(&self) -> Result<(), ApiError> {
        let stop = self.stop.as_deref().unwrap_or_default();
        if stop.len() > STOP_SEQUENCES_MAX {
            return Err(ApiError::new(
                Code::ParameterOutOfRange,
                format!("`params.stop` has {} entries; at most {STOP_SEQUENCES_MAX} are taken.", stop.len()),
            ));
        }
        if stop.iter().any(|text| text.is_empty() || text.len() > STOP_SEQUENCE_BYTES_MAX) {
            return Err(ApiError::new(
                Code::ParameterOutOfRange,
                format!("Each entry of `params.stop` is 1 to {STOP_SEQUENCE_BYTES_MAX} bytes long."),
            ));
        }
        Ok(())
    }
}

fn out_of_range(name: &str, value: f64, range: Range, model: &str) -> ApiError {
    let Range { min, max } = range;
    ApiError::new(
        Code::ParameterOutOfRange,
        format!("`params.{name}` is {value}; `{model}` takes {min} to {max}. Nothing was sent."),
    )
    .hint(format!("Set `{name}` between {min} and {max}, or leave it out."))
}

/// The range of a parameter where the model states none.
#[must_use]
pub fn usual_range(name: &str) -> Range {
    let (min, max) = match name {
        "temperature" => (0.0, 2.0),
        "top_p" => (0.0, 1.0),
        "top_k" => (0.0, 1000.0),
        "presence_penalty" | "frequency_penalty" => (-2.0, 2.0),
        "logprobs" => (0.0, f64::from(LOGPROBS_MAX)),
        "max_tokens" => (1.0, f64::from(i32::MAX)),
        _ => (f64::MIN, f64::MAX),
    };
    Range { min, max }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a2_refuses_what_is_out_of_range_and_names_the_range() {
        let model = ModelInfo::named("m", "p");
        let params = Params { temperature: Some(3.0), ..Params::default() };
        let error = params.check(&model).expect_err("3 is above 2");
        assert_eq!(error.code, Code::ParameterOutOfRange);
        assert!(error.message.contains("0 to 2"), "{error}");
        let nan = Params { top_p: Some(f64::NAN), ..Params::default() };
        assert!(nan.check(&model).is_err());
    }

    #[test]
    fn a2_refuses_what_the_model_cannot_take() {
        let mut model = ModelInfo::named("m", "p");
        model.unsupported = vec!["seed".into()];
        let params = Params { seed: Some(1), ..Params::default() };
        assert_eq!(params.check(&model).expect_err("not taken").code, Code::ParameterNotSupported);
    }

    #[test]
    fn absent_stays_absent() {
        assert_eq!(serde_json::to_string(&Params::default()).expect("json"), "{}");
        let one: Params = serde_json::from_str(r#"{"stop":"END"}"#).expect("a single stop sequence");
        assert_eq!(one.stop.as_deref(), Some(&["END".to_owned()][..]));
    }
}
