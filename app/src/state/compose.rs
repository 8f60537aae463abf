//! From what is typed to the run that it asks for, or to why it cannot be asked for.

use domain::error::Code;
use domain::limits::INLINE_BODY_BYTES_MAX;
use domain::{ApiError, ModelInfo, NewRun, Params};

use super::content::{NOT_SENT, json, param_refused};
use super::draft::Draft;
use super::settings::Param;

/// Room in a frame for what stands around the run, in bytes.
const FRAME_ROOM_BYTES: usize = 1024;

/// Why a run was not sent, or not taken.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// What happened, why, what to do.
    pub error: ApiError,
    /// What the server's log calls the request, if it got that far.
    pub request_id: Option<String>,
    /// What one click would mend.
    pub fix: Option<Fix>,
}

/// What one click would mend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fix {
    /// Go to the variable that has no value.
    Fill(String),
    /// Leave the parameter out.
    Omit(Param),
    /// Go to the field with this id.
    Edit(&'static str),
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        Self { error, request_id: None, fix: None }
    }
}

impl Draft {
    /// The run that the fields ask for. The server checks it again.
    ///
    /// What the chosen model is known not to take stays in its field and is not sent; the field says so.
    ///
    /// # Errors
    /// The first thing that would be refused, with what one click would mend.
    pub fn compose(&self, model: &ModelInfo) -> Result<NewRun, Refusal> {
        let params = self.params(model)?;
        let variables = self.variables();
        if let Some(name) =
            variables.iter().find(|name| self.inputs.get(name.as_str()).is_none_or(|value| value.is_empty()))
        {
            let error = ApiError::new(
                Code::UnfilledVariable,
                format!("{{{{{name}}}}} is in the prompt and has no value. Nothing was sent."),
            );
            return Err(Refusal { fix: Some(Fix::Fill(name.clone())), ..error.into() });
        }
        let inputs = self.inputs.iter().filter(|(name, _)| variables.contains(name));
        let tools = if model.tools { self.tool_list(NOT_SENT)? } else { Vec::new() };
        let takes_choice = model.tools && !model.refuses("tool_choice");
        let run = NewRun {
            params,
            inputs: inputs.map(|(name, value)| (name.clone(), value.clone())).collect(),
            tool_choice: if takes_choice { self.choice(NOT_SENT)? } else { None },
            parallel_tool_calls: if tools.is_empty() { None } else { self.parallel() },
            tools,
            response_format: if model.refuses("response_format") { None } else { self.response_format(NOT_SENT)? },
            provider_options: json(&self.options, "options", "Provider options", NOT_SENT)?,
            parent: self.parent,
            ..NewRun::new(self.model_name(), self.chat_messages())
        };
        check_size(&run)?;
        run.check()?;
        run.params.check(model)?;
        Ok(run)
    }

    fn params(&self, model: &ModelInfo) -> Result<Params, Refusal> {
        let mut params = Params::default();
        for (param, setting) in &self.settings {
            if !setting.send || model.refuses(param.key()) {
                continue;
            }
            if !self.put_exactly(*param, &setting.text, &mut params) {
                param
                    .put(&setting.text, model, &mut params)
                    .map_err(|takes| param_refused(*param, setting, &takes, NOT_SENT))?;
            }
        }
        Ok(params)
    }
}

/// Refuses what the server would not read, before it is sent.
fn check_size(run: &NewRun) -> Result<(), ApiError> {
    let texts = run.messages.iter().flat_map(|message| message.content.texts());
    let images = run.messages.iter().flat_map(|message| message.content.images());
    let images: usize = images.filter_map(|image| image.data.as_ref()).map(String::len).sum();
    let bytes: usize = texts.chain(run.inputs.values().map(String::as_str)).map(str::len).sum();
    // JSON writes a byte as six at the most: below that nothing has to be counted.
    let fits = bytes + images <= INLINE_BODY_BYTES_MAX / 8
        || serde_json::to_string(run).is_ok_and(|json| json.len() + FRAME_ROOM_BYTES <= INLINE_BODY_BYTES_MAX);
    if fits {
        return Ok(());
    }
    let megabytes = INLINE_BODY_BYTES_MAX / 1024 / 1024;
    Err(ApiError::new(Code::BodyTooLarge, format!("The prompt is larger than {megabytes} MiB. Nothing was sent."))
        .hint("Shorten the prompt or an input."))
}

#[cfg(test)]
mod tests {
    use domain::Role;

    use super::super::draft::{DraftMessage, FormatDraft};
    use super::super::settings::Setting;
    use super::*;

    fn model() -> ModelInfo {
        ModelInfo { context_tokens: Some(8192), ..ModelInfo::named("tiny", "embedded") }
    }

    fn set(draft: &mut Draft, param: Param, send: bool, text: &str) {
        draft.settings.insert(param, Setting { send, text: text.into() });
    }

    #[test]
    fn a2_what_is_switched_off_is_absent() {
        let mut draft = Draft::example(&model());
        set(&mut draft, Param::Temperature, false, "0.5");
        let run = draft.compose(&model()).expect("the example can be run");
        assert_eq!(run.params.names(), ["max_tokens"]);
        assert_eq!(run.messages.len(), 2);
        draft.system = "  ".into();
        assert_eq!(draft.compose(&model()).expect("no system prompt").messages.len(), 1);
    }

    #[test]
    fn a2_what_the_model_does_not_take_is_not_sent_and_stays() {
        let mut draft = Draft::example(&model());
        set(&mut draft, Param::Seed, true, "7");
        draft.tools = "[{\"name\": \"clock\"}]".into();
        let mut model = model();
        assert_eq!(draft.compose(&model).expect("all is taken").tools.len(), 1);
        model.unsupported = vec!["seed".into()];
        model.tools = false;
        let run = draft.compose(&model).expect("the rest is taken");
        assert!(run.params.seed.is_none() && run.tools.is_empty());
        assert_eq!(draft.setting(Param::Seed).text, "7");
    }

    #[test]
    fn a2_a_number_out_of_range_can_be_omitted() {
        let mut draft = Draft::example(&model());
        set(&mut draft, Param::Temperature, true, "3");
        let refusal = draft.compose(&model()).expect_err("3 is above 2");
        assert!(refusal.error.message.contains("0 to 2 for tiny"), "{}", refusal.error);
        assert_eq!(refusal.fix, Some(Fix::Omit(Param::Temperature)));
    }

    #[test]
    fn a1_a_variable_without_a_value_is_named() {
        let mut draft = Draft::example(&model());
        draft.messages.push(DraftMessage::new(2, Role::Assistant, "In {{style}}:"));
        draft.messages[0].text = "About {{topic}} in {{style}}, {{topic}}".into();
        draft.inputs.insert("topic".into(), "rivers".into());
        draft.inputs.insert("gone".into(), "kept here, not sent".into());
        let refusal = draft.compose(&model()).expect_err("style is empty");
        assert_eq!(refusal.fix, Some(Fix::Fill("style".into())));
        draft.inputs.insert("style".into(), "verse".into());
        let run = draft.compose(&model()).expect("all are filled");
        assert_eq!(run.inputs.keys().collect::<Vec<_>>(), ["style", "topic"]);
    }

    #[test]
    fn json_that_is_none_is_named_with_its_place() {
        let mut draft = Draft::example(&model());
        draft.tools = "[{\"name\": \"clock\",}]".into();
        let refusal = draft.compose(&model()).expect_err("a comma too many");
        assert!(refusal.error.message.contains("line 1 column"), "{}", refusal.error);
        assert_eq!(refusal.fix, Some(Fix::Edit("tools")));
        draft.tools.clear();
        draft.format = FormatDraft { send: true, kind: "json_schema".into(), ..FormatDraft::default() };
        assert_eq!(draft.compose(&model()).expect_err("no schema").fix, Some(Fix::Edit("schema")));
        draft.format.schema = "{\"type\": \"object\"}".into();
        draft.tool_choice = "sometimes".into();
        assert_eq!(draft.compose(&model()).expect_err("no such word").fix, Some(Fix::Edit("tool_choice")));
        draft.tool_choice = "required".into();
        let run = draft.compose(&model()).expect("all of it");
        assert_eq!(run.tool_choice.expect("a choice").as_str(), "\"required\"");
    }

    #[test]
    fn what_a_run_asked_for_is_asked_for_again() {
        let asked = r#"{"model":"m","messages":[{"role":"system","content":"Be short."},
            {"role":"user","content":[{"type":"text","text":"What?"},{"type":"image","url":"https://example.org/a.png"}]},
            {"role":"assistant","content":"","tool_calls":[{"id":"c1","name":"clock","arguments":"{}"}]},
            {"role":"tool","content":"noon","tool_call_id":"c1"}],
            "params":{"seed":7,"stop":["\n\n"]},"tools":[{"name":"clock","parameters":{"type":"object"}}],
            "tool_choice":{"type":"tool","name":"clock"},"response_format":{"type":"json_schema","schema":{"type":"object"},"strict":true},
            "provider_options":{ "x": 1.0 }}"#;
        let asked: NewRun = serde_json::from_str(asked).expect("a run");
        let json = serde_json::to_string(&asked).expect("json");
        let kept = format!(
            r#"{{"id":"run_{}","status":"finished","model":"m","request":{json},"params":{{}},"output":{{"text":""}},
            "usage":{{"input_tokens":0,"output_tokens":0,"cached_input_tokens":0,"reasoning_tokens":0}},"created_at":0}}"#,
            "0".repeat(32)
        );
        let kept = serde_json::from_str(&kept).expect("a kept run");
        let again = Draft::of_run(&kept).expect("readable").compose(&ModelInfo::named("m", "p")).expect("a run");
        let value = |run: &NewRun| serde_json::to_value(run).expect("json");
        assert_eq!(value(&again), value(&asked));
    }
}
