//! The parameters of the rail: which there are, what is typed for each, and whether it is sent.

use domain::{ModelInfo, Params};
use serde::{Deserialize, Serialize};

/// A parameter that has a row in the rail, in the order of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Param {
    /// `temperature`
    Temperature,
    /// `max_tokens`
    MaxTokens,
    /// `top_p`
    TopP,
    /// `top_k`
    TopK,
    /// `stop`
    Stop,
    /// `seed`
    Seed,
    /// `presence_penalty`
    PresencePenalty,
    /// `frequency_penalty`
    FrequencyPenalty,
    /// `logprobs`
    Logprobs,
    /// `reasoning_effort`
    ReasoningEffort,
}

/// What a parameter's field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A number with fractions, and a slider beside it.
    Share,
    /// A whole number.
    Whole,
    /// A whole number without a range.
    Seed,
    /// Texts, one a line.
    Lines,
    /// A word of the provider's.
    Word,
}

impl Param {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Temperature,
        Self::MaxTokens,
        Self::TopP,
        Self::TopK,
        Self::Stop,
        Self::Seed,
        Self::PresencePenalty,
        Self::FrequencyPenalty,
        Self::Logprobs,
        Self::ReasoningEffort,
    ];

    /// Its name in a request.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Temperature => "temperature",
            Self::MaxTokens => "max_tokens",
            Self::TopP => "top_p",
            Self::TopK => "top_k",
            Self::Stop => "stop",
            Self::Seed => "seed",
            Self::PresencePenalty => "presence_penalty",
            Self::FrequencyPenalty => "frequency_penalty",
            Self::Logprobs => "logprobs",
            Self::ReasoningEffort => "reasoning_effort",
        }
    }

    /// Its name for people.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Temperature => "Temperature",
            Self::MaxTokens => "Max tokens",
            Self::TopP => "Top P",
            Self::TopK => "Top K",
            Self::Stop => "Stop sequences",
            Self::Seed => "Seed",
            Self::PresencePenalty => "Presence penalty",
            Self::FrequencyPenalty => "Frequency penalty",
            Self::Logprobs => "Logprobs",
            Self::ReasoningEffort => "Reasoning effort",
        }
    }

    /// What its field holds.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Self::Temperature | Self::TopP | Self::PresencePenalty | Self::FrequencyPenalty => Kind::Share,
            Self::MaxTokens | Self::TopK | Self::Logprobs => Kind::Whole,
            Self::Seed => Kind::Seed,
            Self::Stop => Kind::Lines,
            Self::ReasoningEffort => Kind::Word,
        }
    }

    /// What its field says before anybody has typed in it.
    #[must_use]
    pub const fn usual(self) -> &'static str {
        match self {
            Self::Temperature | Self::TopP => "1",
            Self::MaxTokens => "256",
            Self::TopK => "40",
            Self::Logprobs => "5",
            Self::PresencePenalty | Self::FrequencyPenalty | Self::Seed => "0",
            Self::Stop => "",
            Self::ReasoningEffort => "medium",
        }
    }

    /// What is typed for it in these parameters, where they have it.
    #[must_use]
    pub fn typed(self, params: &Params) -> Option<String> {
        match self {
            Self::Temperature => params.temperature.map(|number| number.to_string()),
            Self::MaxTokens => params.max_tokens.map(|number| number.to_string()),
            Self::TopP => params.top_p.map(|number| number.to_string()),
            Self::TopK => params.top_k.map(|number| number.to_string()),
            Self::Stop => {
                params.stop.as_ref().map(|stop| stop.iter().map(|text| escape(text)).collect::<Vec<_>>().join("\n"))
            }
            Self::Seed => params.seed.map(|number| number.to_string()),
            Self::PresencePenalty => params.presence_penalty.map(|number| number.to_string()),
            Self::FrequencyPenalty => params.frequency_penalty.map(|number| number.to_string()),
            Self::Logprobs => params.logprobs.map(|number| number.to_string()),
            Self::ReasoningEffort => params.reasoning_effort.clone(),
        }
    }

    /// Puts what is typed into a request's parameters.
    ///
    /// # Errors
    /// What the parameter takes, when the text is not that.
    pub fn put(self, text: &str, model: &ModelInfo, params: &mut Params) -> Result<(), String> {
        self.put_for(text, Some(model), params)
    }

    /// The same for no model in particular: what is kept is not held against the ranges of the model of the day.
    ///
    /// # Errors
    /// What the parameter takes, when the text is not that.
    pub fn read(self, text: &str, params: &mut Params) -> Result<(), String> {
        self.put_for(text, None, params)
    }

    fn put_for(self, text: &str, model: Option<&ModelInfo>, params: &mut Params) -> Result<(), String> {
        let number = || self.number(text, model);
        match self {
            Self::Temperature => params.temperature = Some(number()?),
            Self::MaxTokens => params.max_tokens = Some(number()? as u32),
            Self::TopP => params.top_p = Some(number()?),
            Self::TopK => params.top_k = Some(number()? as u32),
            Self::PresencePenalty => params.presence_penalty = Some(number()?),
            Self::FrequencyPenalty => params.frequency_penalty = Some(number()?),
            Self::Logprobs => params.logprobs = Some(number()? as u8),
            Self::Seed => params.seed = Some(text.trim().parse().map_err(|_| "A whole number.".to_owned())?),
            Self::Stop => {
                let stop: Vec<_> = text.lines().filter(|line| !line.is_empty()).map(unescape).collect();
                if stop.is_empty() {
                    return Err("At least one text, each on a line of its own.".into());
                }
                params.stop = Some(stop);
            }
            Self::ReasoningEffort => {
                let word = text.trim();
                if word.is_empty() {
                    return Err("A word of the provider's, such as low, medium or high.".into());
                }
                params.reasoning_effort = Some(word.to_owned());
            }
        }
        Ok(())
    }

    /// Takes its value over from other parameters.
    pub fn copy(self, from: &Params, to: &mut Params) {
        match self {
            Self::Temperature => to.temperature = from.temperature,
            Self::MaxTokens => to.max_tokens = from.max_tokens,
            Self::TopP => to.top_p = from.top_p,
            Self::TopK => to.top_k = from.top_k,
            Self::Stop => to.stop.clone_from(&from.stop),
            Self::Seed => to.seed = from.seed,
            Self::PresencePenalty => to.presence_penalty = from.presence_penalty,
            Self::FrequencyPenalty => to.frequency_penalty = from.frequency_penalty,
            Self::Logprobs => to.logprobs = from.logprobs,
            Self::ReasoningEffort => to.reasoning_effort.clone_from(&from.reasoning_effort),
        }
    }

    fn number(self, text: &str, model: Option<&ModelInfo>) -> Result<f64, String> {
        let number = text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
        let whole = self.kind() == Kind::Whole;
        let number = number.filter(|number| !whole || number.fract() == 0.0);
        let Some(model) = model else {
            let most = if self == Self::Logprobs { f64::from(u8::MAX) } else { f64::from(u32::MAX) };
            let kind = if whole { "A whole number." } else { "A number." };
            return number.filter(|number| !whole || (0.0..=most).contains(number)).ok_or_else(|| kind.to_owned());
        };
        let range = model.range(self.key());
        number.filter(|number| range.contains(*number)).ok_or_else(|| {
            let kind = if whole { "A whole number, " } else { "" };
            format!("{kind}{} to {} for {}.", range.min, range.max, model.name)
        })
    }
}

/// A parameter's value, and whether it is sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// Whether the request carries it.
    pub send: bool,
    /// The value, as typed.
    pub text: String,
}

impl Setting {
    /// What keeps the value from being sent, where it would be.
    #[must_use]
    pub fn problem(&self, param: Param, model: &ModelInfo) -> Option<String> {
        if !self.send || model.refuses(param.key()) {
            return None;
        }
        param.put(&self.text, model, &mut Params::default()).err()
    }
}

/// A stop sequence as one line: a line break is written `\n`.
fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n").replace('\t', "\\t").replace('\r', "\\r")
}

/// The stop sequence that a line means.
fn unescape(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut chars = line.chars().peekable();
    while let Some(char) = chars.next() {
        let meant = match (char, chars.peek()) {
            ('\\', Some('n')) => '\n',
            ('\\', Some('t')) => '\t',
            ('\\', Some('r')) => '\r',
            ('\\', Some('\\')) => '\\',
            _ => {
                text.push(char);
                continue;
            }
        };
        chars.next();
        text.push(meant);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a2_what_a_request_has_is_typed_and_sent_again() {
        let params = Params {
            temperature: Some(0.25),
            top_p: Some(0.9),
            top_k: Some(7),
            max_tokens: Some(99),
            stop: Some(vec!["\n\n##".into(), "a\\b".into(), "</review>".into()]),
            seed: Some(-3),
            presence_penalty: Some(-0.5),
            frequency_penalty: Some(1.0),
            logprobs: Some(3),
            reasoning_effort: Some("low".into()),
        };
        let model = ModelInfo::named("m", "p");
        let mut again = Params::default();
        for param in Param::ALL {
            let text = param.typed(&params).expect("all are set");
            param.put(&text, &model, &mut again).expect("what was sent can be sent");
            assert!(param.typed(&Params::default()).is_none());
            let json = serde_json::to_string(&param).expect("a word");
            assert_eq!(json, format!("\"{}\"", param.key()));
        }
        assert_eq!(again, params);
        assert_eq!(again.names().len(), Param::ALL.len(), "every parameter has a row");
    }

    #[test]
    fn a2_a_number_out_of_range_names_the_range() {
        let model = ModelInfo { context_tokens: Some(8192), ..ModelInfo::named("tiny", "embedded") };
        let problem = |param: Param, text: &str| Setting { send: true, text: text.into() }.problem(param, &model);
        assert_eq!(problem(Param::Temperature, "3").as_deref(), Some("0 to 2 for tiny."));
        assert_eq!(problem(Param::MaxTokens, "1.5").as_deref(), Some("A whole number, 1 to 8192 for tiny."));
        assert!(problem(Param::Seed, "x").is_some() && problem(Param::Stop, "\n").is_some());
        assert_eq!(problem(Param::TopP, "0.5"), None);
        assert_eq!(Setting { send: false, text: "9".into() }.problem(Param::TopP, &model), None);
    }
}
