//! Chat completions: what is asked for, and the answer, whole and in chunks.
//!
//! <https://platform.openai.com/docs/api-reference/chat>

use std::collections::BTreeSet;

use domain::event::{Delta, Ending, ToolCallDelta};
use domain::limits::CHOICES_MAX;
use domain::{ApiError, Event, FinishReason, NewRun, Params, RunEvent, RunId, Usage, Vendor};
use serde::Serialize;
use serde_json::{Value, json};

use super::messages;
use crate::answer::{
    Answered, Block, Outline, Place, Speak, call_id, cancelled, created_s, data, hex, openai_logprobs,
};
use crate::error;
use crate::reading::{Reader, Reading, Target, verbatim, verbatim_text};
use domain::fields::Fields;

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
    let list = fields.list("messages")?.ok_or_else(|| fields.lacks("messages"))?;
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
pub(super) fn stop(fields: &mut Fields<'_>) -> Result<Option<Vec<String>>, ApiError> {
    let Some(raw) = fields.raw("stop") else { return Ok(None) };
    if let Ok(one) = serde_json::from_str::<String>(raw.get()) {
        return Ok(Some(vec![one]));
    }
    let many: Vec<String> =
        serde_json::from_str(raw.get()).map_err(|_| fields.refuse("stop", "is neither a text nor a list of texts."))?;
    Ok((!many.is_empty()).then_some(many))
}

/// Reads `stream_options`: whether the usage is wanted.
pub(super) fn include_usage(fields: &mut Fields<'_>) -> Result<bool, ApiError> {
    let Some(mut options) = fields.object("stream_options")? else { return Ok(false) };
    Ok(options.take("include_usage")?.unwrap_or(false))
}

/// Reads `n` and leaves it to the provider where it asks for several answers.
pub(super) fn several(fields: &mut Fields<'_>, reader: &mut Reader) -> Result<(), ApiError> {
    match fields.take::<u32>("n")? {
        None | Some(1) => Ok(()),
        Some(n) if (1..=CHOICES_MAX).contains(&n) => reader.kin_option("n", "n", n.to_string()),
        Some(n) => Err(fields.refuse("n", format!("is {n}; 1 to {CHOICES_MAX} are taken."))),
    }
}

/// Reads `tool_choice`. What says no more than its absence is absent.
pub(super) fn tool_choice(
    fields: &mut Fields<'_>,
    has_tools: bool,
) -> Result<Option<domain::chat::Verbatim>, ApiError> {
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
pub(super) fn parallel(fields: &mut Fields<'_>) -> Result<Option<bool>, ApiError> {
    Ok(fields.take::<bool>("parallel_tool_calls")?.filter(|parallel| !parallel))
}

/// The word for why an answer ended.
#[must_use]
pub fn reason(reason: FinishReason) -> &'static str {
    match reason {
        FinishReason::Stop | FinishReason::Cancelled => "stop",
        FinishReason::Length => "length",
        FinishReason::ToolCalls => "tool_calls",
        FinishReason::Filtered => "content_filter",
    }
}

/// The usage, as the vendor counts it.
#[must_use]
pub fn usage(usage: &Usage) -> Value {
    json!({
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_input_tokens},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
    })
}

/// The whole answer.
///
/// # Errors
/// The run's own, where it has no answer.
pub fn whole(answered: &Answered, asked: &str) -> Result<Value, ApiError> {
    let (finish, ending) = answered.finished()?;
    let none = Vec::new();
    let mut choices: Vec<_> = answered.choices.iter().map(|(index, blocks)| (*index, blocks)).collect();
    if choices.is_empty() {
        choices.push((0, &none));
    }
    let choices: Vec<_> =
        choices.into_iter().map(|(index, blocks)| choice(index, blocks, reason_of(index, finish, ending))).collect();
    Ok(json!({
        "id": format!("chatcmpl-{}", hex(answered.run)),
        "object": "chat.completion",
        "created": created_s(answered.run),
        "model": answered.model(asked),
        "choices": choices,
        "usage": usage(&answered.usage),
    }))
}

fn reason_of(index: u32, finish: FinishReason, ending: &Ending) -> FinishReason {
    ending.choices.get(index as usize).copied().unwrap_or(finish)
}

fn choice(index: u32, blocks: &[Block], finish: FinishReason) -> Value {
    let (mut text, mut reasoning, mut logprobs, mut calls) = (None::<String>, String::new(), Vec::new(), Vec::new());
    for block in blocks {
        match block {
            Block::Text { text: more, logprobs: tokens } => {
                text.get_or_insert_default().push_str(more);
                logprobs.extend(openai_logprobs(tokens));
            }
            Block::Reasoning { text: more, .. } => reasoning.push_str(more),
            Block::Redacted { .. } => {}
            Block::Tool { id, name, arguments } => {
                calls.push(json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}));
            }
        }
    }
    // An answer without a text is an empty one, but where tools are called.
    let text = text.or_else(|| calls.is_empty().then(String::new));
    let mut message = json!({"role": "assistant", "content": text, "refusal": null});
    if !reasoning.is_empty() {
        // The vendor shows none; this is what the servers that do call it.
        message["reasoning_content"] = reasoning.into();
    }
    if !calls.is_empty() {
        message["tool_calls"] = calls.into();
    }
    let logprobs = (!logprobs.is_empty()).then(|| json!({"content": logprobs, "refusal": null}));
    json!({"index": index, "message": message, "logprobs": logprobs, "finish_reason": reason(finish)})
}

/// The answer in chunks.
pub struct Chunks {
    run: RunId,
    id: String,
    created: i64,
    /// The model's name, as it was asked for until one answers.
    model: String,
    include_usage: bool,
    outline: Outline,
    /// The choices whose role has been said.
    begun: BTreeSet<u32>,
}

#[derive(Serialize)]
struct Chunk<'a> {
    id: &'a str,
    object: &'static str,
    created: i64,
    model: &'a str,
    choices: &'a [ChunkChoice<'a>],
    /// Null in every chunk but the last, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Option<Value>>,
}

#[derive(Serialize)]
struct ChunkChoice<'a> {
    index: u32,
    delta: ChunkDelta<'a>,
    logprobs: Option<Value>,
    finish_reason: Option<&'static str>,
}

#[derive(Serialize, Default)]
struct ChunkDelta<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_content: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_calls: Option<[Value; 1]>,
}

impl Chunks {
    /// The chunks of a run.
    #[must_use]
    pub fn new(run: RunId, asked: &str, include_usage: bool) -> Self {
        Self {
            run,
            id: format!("chatcmpl-{}", hex(run)),
            created: created_s(run),
            model: asked.to_owned(),
            include_usage,
            outline: Outline::default(),
            begun: BTreeSet::new(),
        }
    }

    fn say(&self, choices: &[ChunkChoice<'_>], usage: Option<Value>, out: &mut Vec<u8>) {
        let usage = self.include_usage.then_some(usage);
        let (id, created, model) = (&*self.id, self.created, &*self.model);
        data(out, &Chunk { id, object: "chat.completion.chunk", created, model, choices, usage });
    }

    fn delta(&self, index: u32, delta: ChunkDelta<'_>, logprobs: Option<Value>, out: &mut Vec<u8>) {
        self.say(&[ChunkChoice { index, delta, logprobs, finish_reason: None }], None, out);
    }

    fn begin(&mut self, choice: u32, out: &mut Vec<u8>) {
        if self.begun.insert(choice) {
            let delta = ChunkDelta { role: Some("assistant"), content: Some(""), ..ChunkDelta::default() };
            self.delta(choice, delta, None, out);
        }
    }

    fn text(&self, delta: &Delta, out: &mut Vec<u8>) {
        let logprobs =
            (!delta.logprobs.is_empty()).then(|| json!({"content": openai_logprobs(&delta.logprobs), "refusal": null}));
        self.delta(delta.index, ChunkDelta { content: Some(&delta.text), ..ChunkDelta::default() }, logprobs, out);
    }

    fn call(&self, place: Place, delta: &ToolCallDelta, out: &mut Vec<u8>) {
        let mut function = json!({"arguments": delta.arguments});
        if let Some(name) = &delta.name {
            function["name"] = name.as_str().into();
        }
        let mut call = json!({"index": delta.index, "function": function});
        if place.begins {
            call["id"] = delta.id.clone().unwrap_or_else(|| call_id(self.run, place)).into();
            call["type"] = "function".into();
        }
        self.delta(delta.choice, ChunkDelta { tool_calls: Some([call]), ..ChunkDelta::default() }, None, out);
    }

    fn end(&mut self, finish: FinishReason, ending: &Ending, used: &Usage, out: &mut Vec<u8>) {
        self.begin(0, out);
        for &index in &self.begun {
            let finish_reason = Some(reason(reason_of(index, finish, ending)));
            let delta = ChunkDelta::default();
            self.say(&[ChunkChoice { index, delta, logprobs: None, finish_reason }], None, out);
        }
        if self.include_usage {
            self.say(&[], Some(usage(used)), out);
        }
        out.extend_from_slice(b"data: [DONE]\n\n");
    }
}

impl Speak for Chunks {
    fn event(&mut self, event: &Event, out: &mut Vec<u8>) {
        match &event.body {
            RunEvent::Started(started) => {
                self.model.clone_from(&started.resolved_model);
                self.begin(0, out);
            }
            RunEvent::Delta(delta) => {
                self.begin(delta.index, out);
                self.text(delta, out);
            }
            RunEvent::Reasoning(delta) if !delta.text.is_empty() => {
                self.begin(delta.choice, out);
                let reasoning_content = Some(&*delta.text);
                self.delta(delta.choice, ChunkDelta { reasoning_content, ..ChunkDelta::default() }, None, out);
            }
            RunEvent::ToolCall(delta) => {
                self.begin(delta.choice, out);
                if let Some(place) = self.outline.place(&event.body) {
                    self.call(place, delta, out);
                }
            }
            RunEvent::Finished(finished) if finished.finish_reason == FinishReason::Cancelled => {
                data(out, &json!({"error": error::openai_inner(&cancelled())}));
            }
            RunEvent::Finished(finished) => {
                self.end(finished.finish_reason, &finished.ending, &finished.usage, out);
            }
            RunEvent::Failed(failed) => data(out, &json!({"error": error::openai_inner(&failed.error)})),
            RunEvent::Queued(_) | RunEvent::Reasoning(_) | RunEvent::Notice(_) => {}
        }
    }

    fn ping(&self) -> &'static [u8] {
        b": ping\n\n"
    }
}

#[cfg(test)]
mod tests {
    use domain::{Content, Part, Role};

    use super::*;
    use crate::answer::testing::{RUN, everything, failed, folded, log, spoken, started, text};

    fn target(vendor: Option<Vendor>) -> Target {
        Target { model: "m".into(), vendor, tools: true, images: true }
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

    #[test]
    fn chunks_add_up_to_the_whole() {
        let events = everything();
        let whole = whole(&folded(&events), "m").expect("an answer");
        let message = &whole["choices"][0]["message"];
        assert_eq!((&message["content"], &message["reasoning_content"]), (&json!("It is"), &json!("Hm")));
        assert_eq!(whole["usage"]["total_tokens"], 15);
        let chunks = spoken(&mut Chunks::new(RUN, "m", true), &events);
        let (mut text, mut calls) = (String::new(), vec![String::new(); 2]);
        for chunk in &chunks {
            assert_eq!((&chunk["id"], &chunk["model"]), (&whole["id"], &json!("m-1")));
            for choice in chunk["choices"].as_array().expect("choices") {
                text += choice["delta"]["content"].as_str().unwrap_or_default();
                for call in choice["delta"]["tool_calls"].as_array().into_iter().flatten() {
                    let index = call["index"].as_u64().expect("an index") as usize;
                    calls[index] += call["function"]["arguments"].as_str().unwrap_or_default();
                }
            }
        }
        assert_eq!((text.as_str(), &calls[..]), ("It is", &["{\"n\":1}".to_owned(), "{}".to_owned()][..]));
        let last = &chunks[chunks.len() - 2]["choices"][0];
        assert_eq!(last["finish_reason"], whole["choices"][0]["finish_reason"]);
        assert_eq!(chunks.last().expect("usage")["usage"], whole["usage"]);
    }

    #[test]
    fn b5_a_failure_is_an_error_in_the_stream() {
        let error = ApiError::new(domain::Code::UpstreamCut, "It was cut.");
        let events = log(vec![started(), text("It"), failed(error)]);
        let chunks = spoken(&mut Chunks::new(RUN, "m", false), &events);
        assert_eq!(chunks.last().expect("an error")["error"]["code"], "upstream_cut");
        assert!(whole(&folded(&events), "m").is_err());
    }
}
