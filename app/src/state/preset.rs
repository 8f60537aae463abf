//! Running a preset: what is typed for one run of it, the run that this asks for, and what that will take.

use std::collections::{BTreeMap, BTreeSet};

use domain::prompt::OutputBand;
use domain::{ChatMessage, ModelInfo, NewRun, Params, Preset, PromptContent, Role, RunId, Usage, template};
use serde::{Deserialize, Serialize};

use super::figures::{dollars, thousands};
use super::forecast::estimate;
use super::settings::{Param, Setting};

/// The variable that takes the input.
pub const INPUT: &str = "input";
/// The label whose version is run where nothing else is said.
pub const PRODUCTION: &str = "production";
/// The parameters that can be overridden here; the playground has them all.
pub const OVERRIDES: [Param; 2] = [Param::Temperature, Param::MaxTokens];
/// Tokens that stand around a message.
const TOKENS_PER_MESSAGE: u64 = 4;

/// What is typed for one run of a preset.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PresetForm {
    /// Values of the variables; where one is absent, the preset's holds.
    pub values: BTreeMap<String, String>,
    /// Variables that stay empty on purpose.
    pub empty: BTreeSet<String>,
    /// Another model; empty, the preset's.
    pub model: String,
    /// Other parameters.
    pub settings: BTreeMap<Param, Setting>,
}

/// What the tab remembers of a preset: a reload loses nothing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct KeptForm {
    /// What was typed.
    pub form: PresetForm,
    /// The run whose output is shown.
    pub run: Option<RunId>,
    /// A run that was sent and has no id yet: sent again, its `request_id` keeps it one run.
    pub starting: Option<NewRun>,
}

/// Why a run is not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gap {
    /// The variable has no value.
    Variable(String),
    /// The parameter's value cannot be sent.
    Setting(Param),
}

/// The version of a preset that is run: the one in production, or the newest.
#[must_use]
pub fn usual_version(preset: &Preset) -> u32 {
    preset.labels.get(PRODUCTION).copied().unwrap_or(preset.head)
}

/// The versions that one would run: their numbers, the newest first, each with what it is called.
#[must_use]
pub fn versions(preset: &Preset) -> Vec<(u32, String)> {
    let mut names: BTreeMap<u32, Vec<&str>> = BTreeMap::new();
    names.entry(preset.head).or_default().push("newest");
    names.entry(preset.version).or_default();
    for (label, number) in &preset.labels {
        names.entry(*number).or_default().push(label);
    }
    let one = |(number, names): (u32, Vec<&str>)| {
        let names = if names.is_empty() { String::new() } else { format!(", {}", names.join(", ")) };
        (number, format!("v{number}{names}"))
    };
    names.into_iter().rev().map(one).collect()
}

impl PresetForm {
    /// The value that a variable will have; of the input where there is no variable for it, the text that is added.
    #[must_use]
    pub fn value<'a>(&'a self, content: &'a PromptContent, name: &str) -> &'a str {
        self.values.get(name).or_else(|| content.inputs.get(name)).map_or("", String::as_str)
    }

    /// What the field of a variable says beside its name: where the value comes from, or how long it is.
    #[must_use]
    pub fn note(&self, content: &PromptContent, name: &str) -> String {
        let value = self.value(content, name);
        if value.is_empty() {
            return String::new();
        }
        if content.inputs.get(name).is_some_and(|preset| preset == value) {
            return "from the preset".into();
        }
        let tokens = estimate(value);
        format!("≈ {} {}", thousands(tokens), if tokens == 1 { "token" } else { "tokens" })
    }

    /// Whether the variable has no value, and nobody has said that it may have none.
    #[must_use]
    pub fn is_missing(&self, content: &PromptContent, name: &str) -> bool {
        self.value(content, name).is_empty() && !self.empty.contains(name)
    }

    /// What is typed for a parameter; before anybody has, the preset's value.
    #[must_use]
    pub fn setting(&self, content: &PromptContent, param: Param) -> Setting {
        self.settings.get(&param).cloned().unwrap_or_else(|| {
            let text = param.typed(&content.params).unwrap_or_else(|| param.usual().into());
            Setting { send: false, text }
        })
    }

    /// How many things are other than in the preset.
    #[must_use]
    pub fn overrides(&self) -> usize {
        usize::from(!self.model.is_empty()) + self.settings.values().filter(|setting| setting.send).count()
    }

    /// The parameters that differ from the preset's, and those of a run with them.
    fn params(&self, content: &PromptContent, model: &ModelInfo) -> Result<(Params, Params), Param> {
        let (mut own, mut all) = (Params::default(), content.params.clone());
        for param in OVERRIDES {
            let setting = self.setting(content, param);
            if setting.send && !model.refuses(param.key()) {
                param.put(&setting.text, model, &mut own).map_err(|_| param)?;
                param.put(&setting.text, model, &mut all).map_err(|_| param)?;
            }
        }
        Ok((own, all))
    }

    /// The run that the form asks for: a reference to the version, and what differs from it.
    ///
    /// # Errors
    /// The first thing that keeps it from being sent.
    pub fn compose(&self, preset: &Preset, model: &ModelInfo) -> Result<NewRun, Gap> {
        let content = &preset.content;
        let variables = content.variables();
        if let Some(name) = variables.iter().find(|name| self.is_missing(content, name)) {
            return Err(Gap::Variable(name.clone()));
        }
        let (params, _) = self.params(content, model).map_err(Gap::Setting)?;
        let has_input = variables.iter().any(|name| name == INPUT);
        let input = Some(self.value(content, INPUT).to_owned()).filter(|input| has_input || !input.is_empty());
        let inputs = variables.into_iter().filter(|name| name != INPUT).map(|name| {
            let value = self.value(content, &name).to_owned();
            (name, value)
        });
        Ok(NewRun {
            prompt: Some(preset.id),
            version: Some(preset.version),
            input_context: input,
            inputs: inputs.collect(),
            params,
            ..NewRun::new(&self.model, Vec::new())
        })
    }

    /// The prompt as it will be sent, to have its tokens counted.
    #[must_use]
    pub fn prompt(&self, content: &PromptContent, model: &ModelInfo) -> NewRun {
        let variables = content.variables();
        let mut messages = content.messages.clone();
        let input = self.value(content, INPUT);
        if !input.is_empty() && !variables.iter().any(|name| name == INPUT) {
            messages.push(ChatMessage::text(Role::User, template::escape(input)));
        }
        let inputs = variables.into_iter().map(|name| {
            let value = self.value(content, &name).to_owned();
            (name, value)
        });
        NewRun { inputs: inputs.collect(), ..NewRun::new(&model.name, messages) }
    }

    /// The parameters of the run in a few words.
    #[must_use]
    pub fn said_params(&self, content: &PromptContent, model: &ModelInfo) -> String {
        let params = self.params(content, model).map_or_else(|_| content.params.clone(), |(_, all)| all);
        let temperature = params.temperature.map(|value| format!("T {value}"));
        let most = params.max_tokens.map(|value| format!("{} max", thousands(value.into())));
        let others = params.names().len() - usize::from(temperature.is_some()) - usize::from(most.is_some());
        let others = (others > 0).then(|| format!("{others} more"));
        let said: Vec<String> = [temperature, most, others].into_iter().flatten().collect();
        if said.is_empty() { "the model's own".into() } else { said.join(" · ") }
    }

    /// What the run will take, in one line. `counted` is the exact number of tokens in, where it is known; `band`, how
    /// long answers have been.
    #[must_use]
    pub fn forecast(
        &self,
        content: &PromptContent,
        model: &ModelInfo,
        counted: Option<u64>,
        band: Option<OutputBand>,
    ) -> String {
        let tokens_in = counted.unwrap_or_else(|| self.weigh(content));
        let params = self.params(content, model).map_or_else(|_| content.params.clone(), |(_, all)| all);
        let room = model.context_tokens.map(|room| u64::from(room).saturating_sub(tokens_in));
        let usual = model.defaults.max_tokens.or(model.output_tokens_max).map(u64::from);
        let most = params.max_tokens.map(u64::from).or(usual).or(room);
        let cut = |tokens: u64| most.map_or(tokens, |most| tokens.min(most));
        let least = band.map_or(0, |band| cut(band.least));
        let most = band.and_then(|band| band.most).map(cut).or(most);
        let cost = |output_tokens: u64| {
            let usage = Usage { input_tokens: tokens_in, output_tokens, ..Usage::default() };
            model.price.map(|price| price.cost_micros(&usage))
        };
        let cost = match (cost(least), most.map(cost)) {
            (None, _) => "price not known".to_owned(),
            (Some(0), None | Some(Some(0))) => "free".to_owned(),
            (Some(low), Some(Some(high))) if low != high => {
                format!("{}–{}", dollars(low), dollars(high).trim_start_matches('$'))
            }
            (Some(low), None) => format!("{} and more", dollars(low)),
            (Some(low), _) => dollars(low),
        };
        let exact = if counted.is_some() { "" } else { "≈ " };
        let out = match most {
            Some(most) if most == least => thousands(most),
            Some(most) => format!("{}–{}", thousands(least), thousands(most)),
            None => format!("{} or more", thousands(least)),
        };
        format!("{exact}{} in · {out} out · {cost}", thousands(tokens_in))
    }

    /// About how many tokens the prompt has, its variables filled in.
    fn weigh(&self, content: &PromptContent) -> u64 {
        let filled = |name: &str| (self.value(content, name).len()).saturating_sub(name.len() + 4) as u64 / 4;
        let texts: u64 = content.texts().map(estimate).sum();
        let variables = content.variables();
        let values: u64 = variables.iter().map(|name| filled(name)).sum();
        let input = self.value(content, INPUT);
        let added = if variables.iter().any(|name| name == INPUT) || input.is_empty() {
            0
        } else {
            estimate(input) + TOKENS_PER_MESSAGE
        };
        texts + values + added + content.messages.len() as u64 * TOKENS_PER_MESSAGE
    }
}

#[cfg(test)]
mod tests {
    use domain::{Price, PromptId, VersionId};

    use super::*;

    fn preset(text: &str) -> Preset {
        let content = PromptContent {
            model: "m".into(),
            messages: vec![ChatMessage::text(Role::User, text)],
            params: Params { temperature: Some(0.2), max_tokens: Some(16), ..Params::default() },
            inputs: [("topics".to_owned(), "a, b".to_owned())].into(),
            ..PromptContent::default()
        };
        Preset {
            id: PromptId::from_bytes([1; 16]),
            name: "Classify".into(),
            description: String::new(),
            tags: Vec::new(),
            favourite: false,
            labels: [(PRODUCTION.to_owned(), 2), ("eu".to_owned(), 2)].into(),
            head: 3,
            version: 2,
            version_id: VersionId::from_bytes([2; 16]),
            digest: String::new(),
            parent: None,
            merged: None,
            note: String::new(),
            author: String::new(),
            created_at: 0,
            updated_at: 0,
            saved_at: 0,
            example: false,
            archived: false,
            content,
        }
    }

    fn model() -> ModelInfo {
        let price = Price { input: 10.0, output: 100.0, cached_input: None, long: None };
        ModelInfo { price: Some(price), ..ModelInfo::named("m", "p") }
    }

    fn form(values: &[(&str, &str)]) -> PresetForm {
        let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        PresetForm { values, ..PresetForm::default() }
    }

    #[test]
    fn a5_a_run_is_a_reference_and_what_differs() {
        let preset = preset("Sort {{input}} into {{topics}}.");
        let run = form(&[("input", "A late parcel.")]).compose(&preset, &model()).expect("all is there");
        assert_eq!((run.prompt, run.version), (Some(preset.id), Some(2)));
        assert_eq!((run.model.as_str(), run.messages.len(), run.params.clone()), ("", 0, Params::default()));
        assert_eq!(run.input_context.as_deref(), Some("A late parcel."));
        assert_eq!(run.inputs, [("topics".to_owned(), "a, b".to_owned())].into());
        assert!(run.check().is_ok());

        let mut other = form(&[("input", "x")]);
        other.model = "big".into();
        other.settings.insert(Param::Temperature, Setting { send: true, text: "0".into() });
        other.settings.insert(Param::MaxTokens, Setting { send: false, text: "99".into() });
        let run = other.compose(&preset, &model()).expect("all is there");
        assert_eq!((run.model.as_str(), other.overrides()), ("big", 2));
        assert_eq!(run.params, Params { temperature: Some(0.0), ..Params::default() });
        assert_eq!(other.said_params(&preset.content, &model()), "T 0 · 16 max");
    }

    #[test]
    fn a5_what_is_missing_is_named_and_may_be_left_empty_on_purpose() {
        let with_input = preset("Sort {{input}} into {{topics}}.");
        let mut empty = form(&[("topics", "")]);
        assert_eq!(empty.compose(&with_input, &model()), Err(Gap::Variable("input".into())));
        empty.empty.insert("input".into());
        assert_eq!(empty.compose(&with_input, &model()), Err(Gap::Variable("topics".into())));
        empty.empty.insert("topics".into());
        let run = empty.compose(&with_input, &model()).expect("on purpose");
        assert_eq!((run.input_context.as_deref(), run.inputs["topics"].as_str()), (Some(""), ""));
        // Without a variable for it there may be an input or not.
        let without = preset("Say hello.");
        assert_eq!(form(&[]).compose(&without, &model()).expect("nothing is needed").input_context, None);
        let added = form(&[("input", "Hi {{there}}")]);
        assert_eq!(added.compose(&without, &model()).expect("x").input_context.as_deref(), Some("Hi {{there}}"));
        assert_eq!(added.prompt(&without.content, &model()).messages[1].content.text(), "Hi \\{{there}}");
        let mut wrong = form(&[]);
        wrong.settings.insert(Param::Temperature, Setting { send: true, text: "9".into() });
        assert_eq!(wrong.compose(&without, &model()), Err(Gap::Setting(Param::Temperature)));
    }

    #[test]
    fn f7_a_forecast_is_a_range_that_earlier_answers_narrow() {
        let preset = preset("Sort {{input}} into {{topics}}, please.");
        let form = form(&[("input", &"word ".repeat(80))]);
        let content = &preset.content;
        assert!(form.forecast(content, &model(), None, None).starts_with("≈ 1"), "estimated");
        assert_eq!(form.forecast(content, &model(), Some(100), None), "100 in · 0–16 out · $0.0010–0.0026");
        let band = OutputBand { runs: 9, least: 5, most: Some(40) };
        assert_eq!(form.forecast(content, &model(), Some(100), Some(band)), "100 in · 5–16 out · $0.0015–0.0026");
        let free = ModelInfo { price: Some(Price::FREE), ..model() };
        assert!(form.forecast(content, &free, Some(1), None).ends_with("free"));
        let unknown = ModelInfo { price: None, ..model() };
        assert!(form.forecast(content, &unknown, Some(1), None).ends_with("price not known"));
    }

    #[test]
    fn fields_say_where_their_value_comes_from_and_versions_what_they_are() {
        let preset = preset("{{input}} {{topics}}");
        let form = form(&[("input", "four")]);
        assert_eq!(form.note(&preset.content, "topics"), "from the preset");
        assert_eq!(form.note(&preset.content, "input"), "≈ 1 token");
        assert_eq!(form.note(&preset.content, "nothing"), "");
        assert_eq!(usual_version(&preset), 2);
        assert_eq!(versions(&preset), [(3, "v3, newest".to_owned()), (2, "v2, eu, production".to_owned())]);
    }
}
