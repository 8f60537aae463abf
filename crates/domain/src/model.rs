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
}

impl Price {
    /// Nothing: the model runs here.
    pub const FREE: Self = Self { input: 0.0, output: 0.0, cached_input: None };

    /// The cost of `usage`, in micro-dollars, rounded half away from zero.
    ///
    /// A dollar per million tokens is a micro-dollar per token.
    #[must_use]
    pub fn cost_micros(&self, usage: &Usage) -> i64 {
        let cached = usage.cached_input_tokens.min(usage.input_tokens);
        let fresh = usage.input_tokens - cached;
        let micros = fresh as f64 * self.input
            + cached as f64 * self.cached_input.unwrap_or(self.input)
            + usage.output_tokens as f64 * self.output;
        micros.round() as i64
    }
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
    /// Prompt and answer together, in tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_tokens: Option<u32>,
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
    /// Parameters that it cannot take, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unsupported: Vec<String>,
    /// Whether it can call tools.
    #[serde(default)]
    pub tools: bool,
}

impl ModelInfo {
    /// A model of which nothing else is known.
    pub fn named(name: impl Into<String>, provider: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            aliases: Vec::new(),
            provider: provider.into(),
            context_tokens: None,
            price: None,
            note: None,
            defaults: Params::default(),
            ranges: BTreeMap::new(),
            unsupported: Vec::new(),
            tools: true,
        }
    }

    /// The range of a parameter.
    #[must_use]
    pub fn range(&self, name: &str) -> Range {
        if let Some(range) = self.ranges.get(name) {
            return *range;
        }
        let mut range = usual_range(name);
        if name == "max_tokens"
            && let Some(context) = self.context_tokens
        {
            range.max = f64::from(context);
        }
        range
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a7_cost_is_counted_in_micro_dollars() {
        let price = Price { input: 3.0, output: 15.0, cached_input: Some(0.3) };
        let usage = Usage { input_tokens: 1_000, output_tokens: 100, cached_input_tokens: 400, reasoning_tokens: 0 };
        assert_eq!(price.cost_micros(&usage), 600 * 3 + 120 + 1_500);
        assert_eq!(Price::FREE.cost_micros(&usage), 0);
    }
}
