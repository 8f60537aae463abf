//! Before the run: about how many tokens, and what they cost.

use std::hash::{DefaultHasher, Hash, Hasher};

use domain::prompt::OutputBand;
use domain::{ChatMessage, ModelInfo, NewRun, Role, Usage, template};

use super::draft::{Draft, DraftMessage};
use super::figures::{dollars, thousands};
use super::settings::Param;

/// Bytes of a token, on the average of the usual tokenizers for English and code; other scripts take more bytes for a
/// letter and more tokens for a word, so that it holds for them about as well.
const BYTES_PER_TOKEN: usize = 4;
/// Tokens that stand around a message.
const TOKENS_PER_MESSAGE: u64 = 4;

/// How large a prompt is, and which one it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Weight {
    /// Estimated tokens.
    pub tokens: u64,
    /// Bytes of its texts.
    pub bytes: usize,
    /// Differs from that of any other prompt.
    pub digest: u64,
}

/// A count that was made for a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// The prompt.
    pub of: Weight,
    /// Its tokens.
    pub tokens: u64,
}

/// About how many tokens a text has.
#[must_use]
pub fn estimate(text: &str) -> u64 {
    text.len().div_ceil(BYTES_PER_TOKEN) as u64
}

impl Draft {
    /// How large the prompt is, its variables filled in.
    #[must_use]
    pub fn weigh(&self) -> Weight {
        let mut hasher = DefaultHasher::new();
        self.model.hash(&mut hasher);
        let mut bytes = 0;
        let mut add = |text: &str| {
            text.hash(&mut hasher);
            bytes += text.len();
            for name in template::variables(text) {
                let value = self.inputs.get(name).map_or("", String::as_str);
                value.hash(&mut hasher);
                // The name and its braces go, the value comes.
                bytes = (bytes + value.len()).saturating_sub(name.len() + 4);
            }
        };
        add(&self.system);
        for message in &self.messages {
            add(message.role.as_str());
            add(&message.text);
        }
        add(&self.tools);
        let messages = self.messages.len() as u64 + u64::from(!self.system.trim().is_empty());
        let tokens = bytes.div_ceil(BYTES_PER_TOKEN) as u64 + messages * TOKENS_PER_MESSAGE;
        Weight { tokens, bytes, digest: hasher.finish() }
    }

    /// The prompt alone, to have its tokens counted.
    #[must_use]
    pub fn prompt(&self) -> NewRun {
        let system = Some(ChatMessage::text(Role::System, &self.system)).filter(|_| !self.system.trim().is_empty());
        let messages = system.into_iter().chain(self.messages.iter().map(DraftMessage::compose)).collect();
        let variables = self.variables();
        let inputs = self.inputs.iter().filter(|(name, _)| variables.contains(name));
        NewRun {
            inputs: inputs.map(|(name, value)| (name.clone(), value.clone())).collect(),
            ..NewRun::new(&self.model, messages)
        }
    }

    /// The variables that have no value.
    #[must_use]
    pub fn unfilled(&self) -> Vec<String> {
        let mut names = self.variables();
        names.retain(|name| self.inputs.get(name).is_none_or(String::is_empty));
        names
    }

    /// Most tokens that an answer may have, where that is known.
    #[must_use]
    pub fn most_out(&self, model: &ModelInfo, tokens_in: u64) -> Option<u64> {
        let setting = self.setting(Param::MaxTokens);
        let asked = setting.text.trim().parse().ok().filter(|_| setting.send && !model.refuses("max_tokens"));
        let room = model.context_tokens.map(|context| u64::from(context).saturating_sub(tokens_in));
        let usual = model.defaults.max_tokens.or(model.output_tokens_max).map(u64::from);
        asked.or(usual).or(room)
    }
}

/// What a run will take, as far as that can be known before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forecast {
    /// Tokens in, with `≈` where they are estimated.
    pub tokens_in: String,
    /// Tokens out, from none to the most.
    pub tokens_out: String,
    /// What that costs.
    pub cost: String,
    /// What the tokens out are based on, where that is known.
    pub based_on: Option<String>,
    /// What is wrong with it.
    pub warning: Option<String>,
}

/// Forecasts a run of a prompt; `band` is how long its answers have been.
#[must_use]
pub fn forecast(
    draft: &Draft,
    model: &ModelInfo,
    weight: Weight,
    counted: Option<Counted>,
    band: Option<OutputBand>,
) -> Forecast {
    let exact = counted.filter(|counted| counted.of == weight).map(|counted| counted.tokens);
    // What the tokenizer said of a moment ago, it says about the same of now.
    let scaled = counted
        .filter(|counted| counted.of.tokens > 0)
        .map(|counted| (weight.tokens as f64 * counted.tokens as f64 / counted.of.tokens as f64).round() as u64);
    let tokens_in = exact.or(scaled).unwrap_or(weight.tokens);
    let allowed = draft.most_out(model, tokens_in);
    let cut = |tokens: u64| allowed.map_or(tokens, |allowed| tokens.min(allowed));
    let least = band.map_or(0, |band| cut(band.least));
    let most = band.and_then(|band| band.most).map(cut).or(allowed);
    let cost = |output_tokens: u64| {
        let usage = Usage { input_tokens: tokens_in, output_tokens, ..Usage::default() };
        model.price.map(|price| price.cost_micros(&usage))
    };
    let cost = match (cost(least), most.and_then(cost)) {
        (Some(0), Some(0)) => "free".to_owned(),
        (Some(least), Some(most)) if least != most => {
            format!("{}–{}", dollars(least), dollars(most).trim_start_matches('$'))
        }
        (Some(0), None) => "free".to_owned(),
        (Some(least), None) => format!("{} and more", dollars(least)),
        (Some(least), Some(_)) => dollars(least),
        (None, _) => "price not known".to_owned(),
    };
    let room = model.context_tokens.map(u64::from);
    let warning = room
        .filter(|room| tokens_in > *room)
        .map(|room| format!("{} has room for {} tokens.", model.name, thousands(room)));
    Forecast {
        tokens_in: format!("{}{}", if exact.is_some() { "" } else { "≈ " }, thousands(tokens_in)),
        tokens_out: match most {
            None => format!("{} or more", thousands(least)),
            Some(most) if most == least => thousands(most),
            Some(most) => format!("{}–{}", thousands(least), thousands(most)),
        },
        cost,
        based_on: band.map(|band| format!("as four of five answers of the last {} runs", band.runs)),
        warning,
    }
}

#[cfg(test)]
mod tests {
    use domain::Price;

    use super::*;

    fn model() -> ModelInfo {
        let price = Price { input: 3.0, output: 15.0, cached_input: None, long: None };
        ModelInfo { price: Some(price), context_tokens: Some(1_000), ..ModelInfo::named("m", "p") }
    }

    #[test]
    fn f7_a_forecast_is_a_range_from_nothing_to_the_most() {
        let model = model();
        let draft = Draft::example(&model);
        let weight = draft.weigh();
        let about = forecast(&draft, &model, weight, None, None);
        assert_eq!((about.tokens_in.as_str(), about.tokens_out.as_str()), ("≈ 30", "0–256"));
        assert_eq!(about.cost, "$0.0001–0.0039");
        let exact = forecast(&draft, &model, weight, Some(Counted { of: weight, tokens: 31 }), None);
        assert_eq!(exact.tokens_in, "31");
        // What was counted for another text only corrects the estimate.
        let before = Weight { tokens: 15, bytes: 60, digest: 1 };
        assert_eq!(forecast(&draft, &model, weight, Some(Counted { of: before, tokens: 30 }), None).tokens_in, "≈ 60");
        // What the prompt's own runs say is narrower, and never more than is allowed.
        let known = forecast(&draft, &model, weight, None, Some(OutputBand { runs: 40, least: 20, most: Some(900) }));
        assert_eq!((known.tokens_out.as_str(), known.cost.as_str()), ("20–256", "$0.0004–0.0039"));
        assert!(known.based_on.expect("runs").contains("40 runs"));
        let free = ModelInfo { price: Some(Price::FREE), ..model.clone() };
        assert_eq!(forecast(&draft, &free, weight, None, None).cost, "free");
        let unknown = ModelInfo { price: None, ..model };
        assert_eq!(forecast(&draft, &unknown, weight, None, None).cost, "price not known");
    }

    #[test]
    fn f7_the_values_of_variables_count_and_a_prompt_too_long_is_said() {
        let model = model();
        let mut draft = Draft::example(&model);
        draft.messages[0].text = "{{text}}".into();
        let empty = draft.weigh();
        assert_eq!(draft.unfilled(), ["text"]);
        draft.inputs.insert("text".into(), "word ".repeat(1_000));
        let full = draft.weigh();
        assert_eq!(full.tokens - empty.tokens, 1_250);
        assert_ne!(full.digest, empty.digest);
        assert!(draft.unfilled().is_empty());
        assert!(forecast(&draft, &model, full, None, None).warning.expect("too long").contains("1,000"));
    }
}
