//! Completions, the vendor's first wire: a prompt in place of messages.
//!
//! <https://platform.openai.com/docs/api-reference/completions>. Models that chat are given the prompt as a message of
//! the user, as every server does that has such models alone.

use domain::event::Delta;
use domain::{ApiError, ChatMessage, Event, FinishReason, NewRun, Params, Role, RunEvent, RunId, TokenLogprob, Vendor};
use serde_json::{Map, Value, json};

use super::chat::{include_usage, reason, several, stop, usage};
use crate::answer::{Answered, Block, Speak, cancelled, created_s, data, hex};
use crate::error;
use crate::reading::{Reader, Reading, Target, literal};
use domain::fields::Fields;

/// A completion as asked for.
#[derive(Debug)]
pub struct Asked {
    /// The run.
    pub reading: Reading,
    /// Whether the stream ends with the usage.
    pub include_usage: bool,
    /// What the answer begins with, where the prompt is to be repeated.
    pub echo: Option<String>,
}

/// Reads the body's fields, of which the model has been taken.
///
/// # Errors
/// What is wrong, with the field named; also what this model cannot be told.
pub fn read(mut fields: Fields<'_>, target: &Target) -> Result<Asked, ApiError> {
    let mut reader = Reader::new(target, Vendor::Openai, false);
    let is_absent = target.preset && fields.peek("prompt").is_none();
    let prompt = if is_absent { String::new() } else { prompt(&mut fields)? };
    let asked = (!is_absent).then(|| ChatMessage::text(Role::User, literal(&prompt)));
    let mut run = NewRun::new(&*target.model, asked.into_iter().collect());
    reader.stands(run.messages.len(), "prompt");
    run.params = Params {
        temperature: fields.take("temperature")?,
        top_p: fields.take("top_p")?,
        top_k: fields.take("top_k")?,
        max_tokens: fields.take("max_tokens")?,
        stop: stop(&mut fields)?,
        seed: fields.take("seed")?,
        presence_penalty: fields.take("presence_penalty")?,
        frequency_penalty: fields.take("frequency_penalty")?,
        logprobs: fields.take("logprobs")?,
        reasoning_effort: None,
    };
    let stream = fields.take("stream")?.unwrap_or(false);
    let include_usage = include_usage(&mut fields)?;
    let echo = fields.take("echo")?.unwrap_or(false).then_some(prompt);
    several(&mut fields, &mut reader)?;
    if fields.take::<u32>("best_of")?.is_some_and(|best_of| best_of > 1) {
        return Err(fields.refuse("best_of", "asks for answers to choose from; only 1 is taken."));
    }
    if fields.take::<String>("suffix")?.is_some_and(|suffix| !suffix.is_empty()) {
        return Err(fields.refuse("suffix", "asks for a text before another, which models that chat cannot write."));
    }
    for (name, value) in fields.rest() {
        match &*name {
            "user" => reader.hint(name),
            "logit_bias" if value.get() == "{}" => {}
            "logit_bias" => reader.kin_option(&name, &name, value.get().to_owned())?,
            _ => return Err(reader.not_taken(&name)),
        }
    }
    Ok(Asked { reading: reader.finish(run, stream), include_usage, echo })
}

fn prompt(fields: &mut Fields<'_>) -> Result<String, ApiError> {
    let raw = fields.raw("prompt").ok_or_else(|| fields.lacks("prompt"))?;
    if let Ok(text) = serde_json::from_str::<String>(raw.get()) {
        return Ok(text);
    }
    match serde_json::from_str::<Vec<String>>(raw.get()) {
        Ok(mut texts) if texts.len() == 1 => Ok(texts.remove(0)),
        Ok(texts) => {
            let why = format!("has {} texts; a request is one run, and a run has one prompt.", texts.len());
            Err(fields.refuse("prompt", why))
        }
        Err(_) => Err(fields.refuse("prompt", "is neither a text nor a list of one; numbers of tokens are not taken.")),
    }
}

/// The whole answer.
///
/// # Errors
/// The run's own, where it has no answer.
pub fn whole(answered: &Answered, asked: &str, echo: Option<&str>) -> Result<Value, ApiError> {
    let (finish, ending) = answered.finished()?;
    let choice = |index: u32, blocks: &[Block]| {
        let mut text = echo.unwrap_or_default().to_owned();
        let mut logprobs = Vec::new();
        for block in blocks {
            if let Block::Text { text: more, logprobs: tokens } = block {
                text.push_str(more);
                logprobs.extend(tokens);
            }
        }
        let finish = ending.choices.get(index as usize).copied().unwrap_or(finish);
        json!({
            "index": index, "text": text, "logprobs": tokens(&logprobs, 0), "finish_reason": word(finish),
        })
    };
    let mut choices: Vec<_> = answered.choices.iter().map(|(index, blocks)| choice(*index, blocks)).collect();
    if choices.is_empty() {
        choices.push(choice(0, &[]));
    }
    Ok(json!({
        "id": format!("cmpl-{}", hex(answered.run)),
        "object": "text_completion",
        "created": created_s(answered.run),
        "model": answered.model(asked),
        "choices": choices,
        "usage": usage(&answered.usage),
    }))
}

/// This wire knows no calls of tools.
fn word(finish: FinishReason) -> &'static str {
    if finish == FinishReason::ToolCalls { "stop" } else { reason(finish) }
}

/// This wire's form of logprobs: four lists side by side.
fn tokens(logprobs: &[&TokenLogprob], mut offset: usize) -> Value {
    if logprobs.is_empty() {
        return Value::Null;
    }
    let (mut texts, mut numbers, mut tops, mut offsets) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for token in logprobs {
        let top: Map<_, _> = token.top.iter().map(|top| (top.token.clone(), top.logprob.into())).collect();
        texts.push(token.token.as_str());
        numbers.push(token.logprob);
        tops.push(top);
        offsets.push(offset);
        offset += token.token.chars().count();
    }
    json!({"tokens": texts, "token_logprobs": numbers, "top_logprobs": tops, "text_offset": offsets})
}

/// The answer in chunks.
pub struct Chunks {
    id: String,
    created: i64,
    model: String,
    include_usage: bool,
    echo: Option<String>,
    /// How many answers have begun: each ends.
    choices: u32,
    /// Characters of the first answer so far: where its tokens stand.
    offset: usize,
}

impl Chunks {
    /// The chunks of a run.
    #[must_use]
    pub fn new(run: RunId, asked: &str, include_usage: bool, echo: Option<String>) -> Self {
        Self {
            id: format!("cmpl-{}", hex(run)),
            created: created_s(run),
            model: asked.to_owned(),
            include_usage,
            echo,
            choices: 0,
            offset: 0,
        }
    }

    fn say(&self, choices: &Value, usage: Value, out: &mut Vec<u8>) {
        let mut chunk = json!({
            "id": self.id, "object": "text_completion", "created": self.created, "model": self.model,
            "choices": choices,
        });
        if self.include_usage {
            chunk["usage"] = usage;
        }
        data(out, &chunk);
    }

    fn text(&mut self, delta: &Delta, out: &mut Vec<u8>) {
        self.choices = self.choices.max(delta.index + 1);
        let logprobs: Vec<_> = delta.logprobs.iter().collect();
        let logprobs = tokens(&logprobs, self.offset);
        if delta.index == 0 {
            self.offset += delta.text.chars().count();
        }
        let choice = json!({"index": delta.index, "text": delta.text, "logprobs": logprobs, "finish_reason": null});
        self.say(&json!([choice]), Value::Null, out);
    }
}

impl Speak for Chunks {
    fn event(&mut self, event: &Event, out: &mut Vec<u8>) {
        match &event.body {
            RunEvent::Started(started) => {
                self.model.clone_from(&started.resolved_model);
                if let Some(text) = self.echo.take() {
                    self.text(&Delta { text, ..Delta::default() }, out);
                }
            }
            RunEvent::Delta(delta) => self.text(delta, out),
            RunEvent::Finished(finished) if finished.finish_reason == FinishReason::Cancelled => {
                data(out, &json!({"error": error::openai_inner(&cancelled())}));
            }
            RunEvent::Finished(finished) => {
                for index in 0..self.choices.max(1) {
                    let ended = finished.ending.choices.get(index as usize).copied().unwrap_or(finished.finish_reason);
                    let choice = json!({"index": index, "text": "", "logprobs": null, "finish_reason": word(ended)});
                    self.say(&json!([choice]), Value::Null, out);
                }
                if self.include_usage {
                    self.say(&json!([]), usage(&finished.usage), out);
                }
                out.extend_from_slice(b"data: [DONE]\n\n");
            }
            RunEvent::Failed(failed) => data(out, &json!({"error": error::openai_inner(&failed.error)})),
            RunEvent::Queued(_) | RunEvent::Reasoning(_) | RunEvent::ToolCall(_) | RunEvent::Notice(_) => {}
        }
    }

    fn ping(&self) -> &'static [u8] {
        b": ping\n\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::testing::{RUN, folded, log, spoken, started, text};

    fn asked(json: &str) -> Result<Asked, ApiError> {
        let mut fields = Fields::of_body(json.as_bytes())?;
        fields.raw("model");
        read(fields, &Target { model: "m".into(), vendor: None, tools: true, images: true, preset: false })
    }

    #[test]
    fn a_prompt_is_a_message_of_the_user() {
        let Asked { reading, echo, .. } =
            asked(r#"{"model":"m","prompt":["Once {{x}}"],"max_tokens":5,"echo":true,"logprobs":2}"#).expect("reads");
        assert_eq!(reading.run.messages[0].content.text(), "Once \\{{x}}");
        assert_eq!((reading.run.params.logprobs, echo.as_deref()), (Some(2), Some("Once {{x}}")));
        for (body, named) in [
            (r#"{"prompt":["a","b"]}"#, "prompt"),
            (r#"{"prompt":[1,2]}"#, "prompt"),
            (r#"{}"#, "prompt"),
            (r#"{"prompt":"a","suffix":"b"}"#, "suffix"),
            (r#"{"prompt":"a","best_of":3}"#, "best_of"),
            (r#"{"prompt":"a","logit_bias":{"1":1}}"#, "logit_bias"),
            (r#"{"prompt":"a","tools":[]}"#, "tools"),
        ] {
            assert_eq!(asked(body).expect_err(body).param.as_deref(), Some(named), "{body}");
        }
    }

    #[test]
    fn chunks_add_up_to_the_whole() {
        let end = crate::answer::testing::finished(FinishReason::Length);
        let events = log(vec![started(), text(" upon"), text(" a"), end]);
        let whole = whole(&folded(&events), "m", Some("Once")).expect("an answer");
        assert_eq!(whole["choices"][0]["text"], "Once upon a");
        assert_eq!(whole["choices"][0]["finish_reason"], "length");
        let chunks = spoken(&mut Chunks::new(RUN, "m", true, Some("Once".into())), &events);
        let text: String =
            chunks.iter().filter_map(|chunk| chunk["choices"][0]["text"].as_str().map(str::to_owned)).collect();
        assert_eq!(text, "Once upon a");
        assert_eq!(chunks.last().expect("usage")["usage"], whole["usage"]);
    }
}
