//! The most that a run may cost, before it is started: what its budget must have.

use domain::{ApiError, Code, ModelInfo, Usage};
use serde_json::Value;

use crate::render::ChatRequest;

/// Tokens that a wire may put around a message, at most.
const TOKENS_AROUND_MESSAGE: u64 = 32;
/// Tokens that a provider may put before tools or a schema, at most.
const TOKENS_BEFORE_TOOLS: u64 = 1_000;
/// Fields of `provider_options` by which a provider may be asked for longer answers than `max_tokens` says.
const LENGTHS: [&str; 5] =
    ["max_tokens", "max_completion_tokens", "max_output_tokens", "max_new_tokens", "num_predict"];
/// Fields of it by which it may be asked for several.
const ANSWERS: [&str; 3] = ["n", "best_of", "num_generations"];

/// The most that a run may cost, in micro-dollars.
///
/// # Errors
/// `conflict` where that cannot be known: then no budget would hold.
pub fn most_micros(request: &ChatRequest, model: &ModelInfo, counted: Option<u64>) -> Result<i64, ApiError> {
    let unknown = |what: &str| {
        ApiError::new(
            Code::Conflict,
            format!("What a run may cost is not known, so the budget could not be kept: {what}"),
        )
        .hint("Ask whoever shared it to set it.")
    };
    let price = model.price.ok_or_else(|| unknown("the model has no price."))?;
    let input_tokens = counted.or_else(|| input_tokens_most(request, model));
    let input_tokens = input_tokens.ok_or_else(|| unknown("it has pictures, and the model no known context."))?;
    let output_tokens = output_tokens_most(request, model)
        .ok_or_else(|| unknown("`max_tokens` is not set, and the model has no limit."))?;
    Ok(price.cost_micros(&Usage { input_tokens, output_tokens, ..Usage::default() }))
}

/// No tokenizer makes more tokens of a text than it has bytes, and no prompt has more than the context.
fn input_tokens_most(request: &ChatRequest, model: &ModelInfo) -> Option<u64> {
    let whole = model.context_tokens.map(u64::from);
    let messages = request.messages();
    let is_text = |message: &domain::ChatMessage| {
        message.content.images().next().is_none() && message.content.natives().next().is_none()
    };
    if !messages.iter().all(is_text) {
        return whole;
    }
    let texts = messages.iter().flat_map(|message| message.content.texts()).map(str::len);
    let calls = messages.iter().flat_map(|message| &message.tool_calls);
    let calls = calls.map(|call| call.id.len() + call.name.len() + call.arguments.len());
    let tools =
        request.tools().iter().map(|tool| serde_json::to_string(tool).map_or(0, |json| json.len())).sum::<usize>();
    let schema =
        request.response_format().and_then(|format| format.schema.as_ref()).map_or(0, |json| json.as_str().len());
    let around = TOKENS_AROUND_MESSAGE * (messages.len() as u64 + 1);
    let before = if request.tools().is_empty() && schema == 0 { 0 } else { TOKENS_BEFORE_TOOLS };
    let bytes = texts.chain(calls).sum::<usize>() + tools + schema;
    let most = bytes as u64 + around + before;
    Some(whole.map_or(most, |whole| most.min(whole)))
}

fn output_tokens_most(request: &ChatRequest, model: &ModelInfo) -> Option<u64> {
    let options: Value =
        request.provider_options().and_then(|json| serde_json::from_str(json.as_str()).ok()).unwrap_or_default();
    let largest = |fields: &[&str]| fields.iter().filter_map(|field| options[*field].as_u64()).max();
    let asked = request.params().max_tokens.map(u64::from);
    let length = asked.max(largest(&LENGTHS));
    let length = length.or(model.output_tokens_max.map(u64::from)).or(model.context_tokens.map(u64::from))?;
    Some(length.saturating_mul(largest(&ANSWERS).unwrap_or(1).max(1)))
}

#[cfg(test)]
mod tests {
    use domain::chat::Verbatim;
    use domain::{ChatMessage, Content, Image, NewRun, Part, Price, Role};
    use serde_json::value::RawValue;

    use super::*;
    use crate::render::render;

    fn model() -> ModelInfo {
        let price = Price { input: 1.0, output: 2.0, cached_input: None, long: None };
        ModelInfo { price: Some(price), tools: true, images: true, ..ModelInfo::named("m", "p") }
    }

    fn run(text: &str) -> NewRun {
        let mut new = NewRun::new("m", vec![ChatMessage::text(Role::User, text)]);
        new.params.max_tokens = Some(100);
        new
    }

    fn most(new: &NewRun, model: &ModelInfo) -> Result<i64, Code> {
        most_micros(&render(new, model).expect("a request"), model, None).map_err(|error| error.code)
    }

    #[test]
    fn f7_the_most_is_bytes_in_and_max_tokens_out() {
        assert_eq!(most(&run(&"x".repeat(1_000)), &model()), Ok(1_000 + 64 + 200));
        let counted = most_micros(&render(&run("x"), &model()).expect("a request"), &model(), Some(7));
        assert_eq!(counted.ok(), Some(7 + 200));
        let mut filled = run("{{x}}{{x}}");
        filled.inputs.insert("x".into(), "y".repeat(500));
        assert_eq!(most(&filled, &model()), Ok(1_000 + 64 + 200), "what is filled in counts");
        let small = ModelInfo { context_tokens: Some(300), ..model() };
        assert_eq!(most(&run(&"x".repeat(1_000)), &small), Ok(300 + 200));
    }

    #[test]
    fn f7_several_answers_and_longer_ones_count() {
        let mut new = run("x");
        let options = RawValue::from_string(r#"{"n":3,"max_completion_tokens":1000}"#.into()).expect("json");
        new.provider_options = Some(Verbatim(options));
        assert_eq!(most(&new, &model()), Ok(1 + 64 + 2 * 3_000));
    }

    #[test]
    fn f7_what_cannot_be_known_is_refused() {
        assert_eq!(most(&run("x"), &ModelInfo { price: None, ..model() }), Err(Code::Conflict));
        let mut open = run("x");
        open.params.max_tokens = None;
        assert_eq!(most(&open, &model()), Err(Code::Conflict));
        assert_eq!(most(&open, &ModelInfo { output_tokens_max: Some(10), ..model() }), Ok(1 + 64 + 20));
        let mut seen = run("x");
        let image = Image { url: Some("https://example.org/a.png".into()), ..Image::default() };
        seen.messages[0].content = Content::Parts(vec![Part::Image(image)]);
        assert_eq!(most(&seen, &model()), Err(Code::Conflict));
        assert_eq!(most(&seen, &ModelInfo { context_tokens: Some(1_000), ..model() }), Ok(1_000 + 200));
        assert_eq!(most(&open, &ModelInfo { price: Some(Price::FREE), context_tokens: Some(9), ..model() }), Ok(0));
    }
}
