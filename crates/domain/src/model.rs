//! What a user picks: a model, what it can take, what it costs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::event::Usage;
use crate::params::{Params, usual_range};

/// The smallest and the largest value that a parameter may have.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Range {
    /// Inclusive.
    pub min: f64,
    /// Inclusive.
    pub max: f64,
}

impl Range {
    /// Whether `value` lies in it; NaN lies in none.
    #[must_use]
    pub fn contains(self, value: f64) -> bool {
        value >= self.min && value <= self.max
    }
}

/// What tokens cost, in dollars per million.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// Of the prompt.
    pub input: f64,
    /// Of the answer.
    pub output: f64,
    /// Of the part of the prompt that came from a cache; as `input` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_input: Option<f64>,
    /// What a long prompt costs, where that is another price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub long: Option<LongPrice>,
}

/// What tokens cost in a request whose prompt is long, in dollars per million.
///
/// It holds for the whole request, not for the tokens beyond the bound: so do OpenAI, Anthropic and Google count.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LongPrice {
    /// A prompt with more tokens than this is long; those from a cache count.
    pub over_tokens: u64,
    /// Of the prompt.
    pub input: f64,
    /// Of the answer.
    pub output: f64,
    /// Of the part of the prompt that came from a cache; as `input` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_input: Option<f64>,
}

impl Price {
    /// Nothing: the model runs here.
    pub const FREE: Self = Self { input: 0.0, output: 0.0, cached_input: None, long: None };

    /// The cost of `usage`, in micro-dollars, rounded half away from zero.
    ///
    /// A dollar per million tokens is a micro-dollar per token. What a provider takes for writing into its cache
    /// is not in it: usage does not tell those tokens apart.
    #[must_use]
    pub fn cost_micros(&self, usage: &Usage) -> i64 {
        let (input, output, cached_input) = match self.long {
            Some(long) if usage.input_tokens > long.over_tokens => (long.input, long.output, long.cached_input),
            _ => (self.input, self.output, self.cached_input),
        };
        let cached = usage.cached_input_tokens.min(usage.input_tokens);
        let fresh = usage.input_tokens - cached;
        let micros =
            fresh as f64 * input + cached as f64 * cached_input.unwrap_or(input) + usage.output_tokens as f64 * output;
        micros.round() as i64
    }
}

/// Whether a model can be run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModelStatus {
    /// Its provider lists it, or it was configured by hand.
    #[default]
    Ready,
    /// Its provider did not answer when it was last asked.
    Unreachable,
    /// Its provider answers, and does not list it any more.
    Gone,
}

/// A model as the API and the page show it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelInfo {
    /// What requests call it.
    pub name: String,
    /// Other names that resolve to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// Who serves it.
    pub provider: String,
    /// Whether it can be run.
    #[serde(default)]
    pub status: ModelStatus,
    /// When it was made, in seconds since 1970, where its provider says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_s: Option<i64>,
    /// Prompt and answer together, in tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_tokens: Option<u32>,
    /// Most tokens of an answer, where the model has such a limit beside its context.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_tokens_max: Option<u32>,
    /// What it costs, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
    /// A sentence that people should read before they trust it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Values in force where the sampler needs one and the request gives none.
    #[serde(default)]
    pub defaults: Params,
    /// Ranges that differ from the usual ones.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ranges: BTreeMap<String, Range>,
    /// What it cannot take, by name: parameters, and `tool_choice`, `response_format`,
    /// `image_url` (pictures by address) and `prefill` (an assistant's message as the last one).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unsupported: Vec<String>,
    /// Whether it can call tools.
    #[serde(default)]
    pub tools: bool,
    /// Whether it can see pictures.
    #[serde(default)]
    pub images: bool,
}

impl ModelInfo {
    /// A model of which nothing else is known.
    pub fn named(name: impl Into<String>, provider: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            aliases: Vec::new(),
            provider: provider.into(),
            status: ModelStatus::Ready,
            created_s: None,
            context_tokens: None,
            output_tokens_max: None,
            price: None,
            note: None,
            defaults: Params::default(),
            ranges: BTreeMap::new(),
            unsupported: Vec::new(),
            tools: true,
            images: true,
        }
    }

    /// Whether it is known that the model cannot take what has this name.
    #[must_use]
    pub fn refuses(&self, name: &str) -> bool {
        self.unsupported.iter().any(|unsupported| unsupported == name)
    }

    /// The range of a parameter.
    #[must_use]
    pub fn range(&self, name: &str) -> Range {
        if let Some(range) = self.ranges.get(name) {
            return *range;
        }
        let mut range = usual_range(name);
        if name == "max_tokens"
            && let Some(most) = self.output_tokens_max.or(self.context_tokens)
        {
            range.max = f64::from(most);
        }
        range
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a7_cost_is_counted_in_micro_dollars() {
        let price = Price { input: 3.0, output: 15.0, cached_input: Some(0.3), long: None };
        let usage = Usage {
            input_tokens: 1_000,
            output_tokens: 100,
            cached_input_tokens: 400,
            reasoning_tokens: 0,
            cache_write_tokens: 0,
        };
        assert_eq!(price.cost_micros(&usage), 600 * 3 + 120 + 1_500);
        assert_eq!(Price::FREE.cost_micros(&usage), 0);

        // The long price is for prompts over the bound, and then for the whole request.
        let long = |over_tokens| LongPrice { over_tokens, input: 6.0, output: 22.5, cached_input: Some(0.6) };
        let over = |tokens| Price { long: Some(long(tokens)), ..price };
        assert_eq!(over(1_000).cost_micros(&usage), price.cost_micros(&usage));
        assert_eq!(over(999).cost_micros(&usage), 600 * 6 + 240 + 2_250);
        let uncached = Price { long: Some(LongPrice { cached_input: None, ..long(999) }), ..price };
        assert_eq!(uncached.cost_micros(&usage), 1_000 * 6 + 2_250);
    }

    #[test]
    fn a7_a_price_may_be_written_short() {
        let price: Price = serde_json::from_str(r#"{ "input": 3, "output": 15, "cached_input": 0.3 }"#).unwrap();
        assert_eq!(price, Price { input: 3.0, output: 15.0, cached_input: Some(0.3), long: None });
        assert_eq!(serde_json::to_string(&price).unwrap(), r#"{"input":3.0,"output":15.0,"cached_input":0.3}"#);
        assert!(serde_json::from_str::<Price>(r#"{ "input": 3, "output": 15, "cached": 0.3 }"#).is_err());
    }
}
