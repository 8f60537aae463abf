//! What is asked for.

use domain::fields::Fields;
use domain::limits::CHOICES_MAX;
use domain::{ApiError, NewRun, Params, Vendor};
use serde_json::json;

use crate::openai::messages;
use crate::reading::{Reader, Reading, Target, verbatim, verbatim_text};

/// Fields that change nothing in the answer: names, storage, billing, caches, a guess at the answer that saves time.
const HINTS: [&str; 9] = [
    "metadata",
    "prediction",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "safety_identifier",
    "service_tier",
    "store",
    "user",
];

/// A chat completion as asked for.
#[derive(Debug)]
pub struct Asked {
    /// The run.
    pub reading: Reading,
    /// Whether the stream ends with the usage.
    pub include_usage: bool,
}

/// Reads the body's fields, of which the model has been taken.
///
/// # Errors
/// What is wrong, with the field named; also what this model cannot be told.
pub fn read(mut fields: Fields<'_>, target: &Target) -> Result<Asked, ApiError> {
    let mut reader = Reader::new(target, Vendor::Openai, true);
    let list = match fields.list("messages")? {
        Some(list) => list,
        None if target.preset => Vec::new(),
        None => return Err(fields.lacks("messages")),
    };
    let mut run = NewRun::new(&*target.model, messages::messages(&list, &mut reader)?);
    run.params = params(&mut fields)?;
    let stream = fields.take("stream")?.unwrap_or(false);
    let include_usage = include_usage(&mut fields)?;
    let tools = fields.list("tools")?.unwrap_or_default();
    run.tools = messages::tools(&tools, &mut reader)?;
    run.tool_choice = tool_choice(&mut fields, !run.tools.is_empty())?;
    run.parallel_tool_calls = parallel(&mut fields)?.filter(|_| !run.tools.is_empty());
    if let Some(format) = fields.object("response_format")? {
        run.response_format = messages::response_format(format, false, &mut reader)?;
    }
    several(&mut fields, &mut reader)?;
    for name in ["functions", "function_call"] {
        if fields.raw(name).is_some() {
            return Err(fields.refuse(name, "is what OpenAI has replaced by `tools` and `tool_choice`."));
        }
    }
    if let Some(modalities) = fields.take::<Vec<String>>("modalities")?
        && modalities.iter().any(|modality| modality != "text")
    {
        return Err(fields.refuse("modalities", "asks for more than text, which runs cannot keep."));
    }
    for (name, value) in fields.rest() {
        if HINTS.contains(&name.as_str()) {
            reader.hint(name);
        } else if !(name == "logit_bias" && value.get() == "{}") {
            reader.option(&name, value)?;
        }
    }
    Ok(Asked { reading: reader.finish(run, stream), include_usage })
}

fn params(fields: &mut Fields<'_>) -> Result<Params, ApiError> {
    let max_tokens = fields.take("max_tokens")?;
    let mut params = Params {
        temperature: fields.take("temperature")?,
        top_p: fields.take("top_p")?,
        top_k: fields.take("top_k")?,
        max_tokens: fields.take("max_completion_tokens")?.or(max_tokens),
        stop: stop(fields)?,
        seed: fields.take("seed")?,
        presence_penalty: fields.take("presence_penalty")?,
        frequency_penalty: fields.take("frequency_penalty")?,
        logprobs: None,
        reasoning_effort: fields.take("reasoning_effort")?,
    };
    let top: Option<u8> = fields.take("top_logprobs")?;
    params.logprobs = match (fields.take::<bool>("logprobs")?.unwrap_or(false), top) {
        (true, top) => Some(top.unwrap_or(0)),
        (false, None | Some(0)) => None,
        (false, Some(_)) => return Err(fields.refuse("top_logprobs", "goes with `logprobs: true` alone.")),
    };
    Ok(params)
}

/// Reads `stop`: a text, or a list of them.
pub fn stop(fields: &mut Fields<'_>) -> Result<Option<Vec<String>>, ApiError> {
    let Some(raw) = fields.raw("stop") else { return Ok(None) };
    if let Ok(one) = serde_json::from_str::<String>(raw.get()) {
        return Ok(Some(vec![one]));
    }
    let many: Vec<String> =
        serde_json::from_str(raw.get()).map_err(|_| fields.refuse("stop", "is neither a text nor a list of texts."))?;
    Ok((!many.is_empty()).then_some(many))
}

/// Reads `stream_options`: whether the usage is wanted.
pub fn include_usage(fields: &mut Fields<'_>) -> Result<bool, ApiError> {
    let Some(mut options) = fields.object("stream_options")? else { return Ok(false) };
    Ok(options.take("include_usage")?.unwrap_or(false))
}

/// Reads `n` and leaves it to the provider where it asks for several answers.
pub fn several(fields: &mut Fields<'_>, reader: &mut Reader) -> Result<(), ApiError> {
    match fields.take::<u32>("n")? {
        None | Some(1) => Ok(()),
        Some(n) if (1..=CHOICES_MAX).contains(&n) => reader.kin_option("n", "n", n.to_string()),
        Some(n) => Err(fields.refuse("n", format!("is {n}; 1 to {CHOICES_MAX} are taken."))),
    }
}

/// Reads `tool_choice`. What says no more than its absence is absent.
pub fn tool_choice(fields: &mut Fields<'_>, has_tools: bool) -> Result<Option<domain::chat::Verbatim>, ApiError> {
    let Some(raw) = fields.raw("tool_choice") else { return Ok(None) };
    if let Ok(word) = serde_json::from_str::<String>(raw.get()) {
        return match word.as_str() {
            "auto" => Ok(None),
            "none" if !has_tools => Ok(None),
            "none" | "required" => Ok(Some(verbatim(raw))),
            _ => Err(fields.refuse("tool_choice", "is none of none, auto, required and a function's name.")),
        };
    }
    let mut choice = Fields::of(raw, "tool_choice")?;
    let kind: String = choice.need("type")?;
    if kind != "function" {
        return Err(choice.refuse("type", "is not `function`, the only kind that is known here."));
    }
    // In a chat the name stands one deeper than in a response.
    let name: String = match choice.object("function")? {
        Some(mut function) => function.need("name")?,
        None => choice.need("name")?,
    };
    Ok(Some(verbatim_text(json!({"type": "function", "function": {"name": name}}).to_string())))
}

/// Reads `parallel_tool_calls`; true is what is done where nothing is said.
pub fn parallel(fields: &mut Fields<'_>) -> Result<Option<bool>, ApiError> {
    Ok(fields.take::<bool>("parallel_tool_calls")?.filter(|parallel| !parallel))
}

#[cfg(test)]
mod tests {
    use domain::{Content, Part, Role};

    use super::*;

    fn target(vendor: Option<Vendor>) -> Target {
        Target { model: "m".into(), vendor, tools: true, images: true, preset: false }
    }

    fn asked(json: &str, vendor: Option<Vendor>) -> Result<Asked, ApiError> {
        let mut fields = Fields::of_body(json.as_bytes())?;
        fields.raw("model");
        read(fields, &target(vendor))
    }

    const EVERYTHING: &str = r#"{"model":"m","messages":[
        {"role":"developer","content":"Be {{kind}}."},
        {"role":"user","content":[{"type":"text","text":"What?"},{"type":"image_url","image_url":{"url":"https://e.org/a.png","detail":"auto"}}]},
        {"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"clock","arguments":"{}"}}]},
        {"role":"tool","tool_call_id":"c1","content":"noon","name":"clock"}],
        "temperature":0.5,"max_completion_tokens":9,"stop":"END","logprobs":true,"top_logprobs":2,"seed":7,
        "tools":[{"type":"function","function":{"name":"clock","description":"d","parameters":{"type":"object"},"strict":true}}],
        "tool_choice":{"type":"function","function":{"name":"clock"}},"parallel_tool_calls":false,
        "response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{"type":"object"},"strict":true}},
        "stream":true,"stream_options":{"include_usage":true},"metadata":{"a":"b"},"user":"u","n":1}"#;

    #[test]
    fn everything_is_read_whoever_answers() {
        for vendor in [None, Some(Vendor::Openai), Some(Vendor::Anthropic)] {
            let Asked { reading, include_usage } = asked(EVERYTHING, vendor).expect("reads");
            let run = reading.run;
            assert!(reading.stream && include_usage);
            assert_eq!(run.messages[0].role, Role::System);
            assert_eq!(run.messages[0].content, Content::Text("Be \\{{kind}}.".into()));
            assert!(
                matches!(&run.messages[1].content, Content::Parts(parts) if matches!(&parts[1], Part::Image(image) if image.detail.is_none()))
            );
            assert_eq!(run.messages[2].tool_calls[0].name, "clock");
            assert_eq!((run.params.max_tokens, run.params.logprobs, run.params.seed), (Some(9), Some(2), Some(7)));
            assert_eq!((run.parallel_tool_calls, run.tools[0].strict), (Some(false), Some(true)));
            assert_eq!(run.response_format.expect("a format").strict, Some(true));
            let unsent: &[&str] = if vendor == Some(Vendor::Openai) { &[] } else { &["metadata", "user"] };
            assert_eq!(reading.unsent, unsent);
            assert_eq!(reading.native, vendor == Some(Vendor::Openai));
        }
    }

    #[test]
    fn what_only_this_wire_has_goes_to_who_speaks_it() {
        let hi = |more: &str| format!(r#"{{"model":"m","messages":[{{"role":"user","content":"Hi"}}],{more}}}"#);
        for (more, named) in [(r#""logit_bias":{"1":2}"#, "logit_bias"), (r#""n":2"#, "n"), (r#""top_a":1"#, "top_a")] {
            let kept = asked(&hi(more), Some(Vendor::Openai)).expect("goes through").reading.run;
            assert!(kept.provider_options.expect("kept").as_str().contains(named));
            for vendor in [None, Some(Vendor::Anthropic)] {
                let error = asked(&hi(more), vendor).expect_err("not taken");
                assert_eq!(error.param.as_deref(), Some(named), "{error}");
            }
        }
        let sound = r#"{"model":"m","messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{}}]}]}"#;
        assert!(asked(sound, Some(Vendor::Openai)).is_ok());
        assert_eq!(asked(sound, None).expect_err("no").param.as_deref(), Some("messages[0].content[0]"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (body, named) in [
            (r#"{"messages":[{"role":"usr","content":"x"}]}"#, "messages[0].role"),
            (r#"{"messages":[{"content":"x"}]}"#, "messages[0].role"),
            (r#"{"messages":"x"}"#, "messages"),
            (r#"{}"#, "messages"),
            (r#"{"messages":[],"temperature":"warm"}"#, "temperature"),
            (r#"{"messages":[],"n":0}"#, "n"),
            (r#"{"messages":[],"top_logprobs":2}"#, "top_logprobs"),
            (r#"{"messages":[],"tools":[{"type":"web_search"}]}"#, "tools[0].type"),
            (r#"{"messages":[],"tool_choice":"maybe"}"#, "tool_choice"),
            (r#"{"messages":[],"functions":[]}"#, "functions"),
            (r#"{"messages":[],"modalities":["audio"]}"#, "modalities"),
            (r#"{"messages":[],"response_format":{"type":"json_schema"}}"#, "response_format.json_schema"),
        ] {
            let error = asked(body, Some(Vendor::Openai)).expect_err(body);
            assert_eq!(error.param.as_deref(), Some(named), "{error}");
        }
    }
}
