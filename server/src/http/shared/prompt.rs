//! A run or a version: what is asked, and what came back.

use std::collections::BTreeMap;

use app::state::compare::money;
use app::state::figures::thousands;
use app::state::settings::Param;
use domain::{ChatMessage, Content, Part, PromptContent, Role, RunStatus, ToolCall};
use engine::shares::{Answered, Page, Prompted};

use super::parts::{code, escape, facts, json, marked, prose, run_figures, until};
use super::run::Refused;
use super::sentence;

/// What stands on the page.
pub fn main(token: &str, page: &Page, shown: &Prompted, refused: Option<&Refused>) -> String {
    let form = page.left_micros.map(|left| form(token, shown, left, refused));
    let inputs = if form.is_none() { inputs(&shown.content.inputs) } else { String::new() };
    let output = shown.answer.as_ref().map(|answer| output(token, answer, shown.is_free));
    let about = if shown.answer.is_some() { "About this run" } else { "About this version" };
    format!(
        r#"<div class="share__column">{}{}{}</div><aside class="share__side" aria-label="{about}">{inputs}<section><h2>Model</h2>{}</section><section><h2>This link</h2>{}</section></aside>"#,
        form.unwrap_or_default(),
        output.unwrap_or_default(),
        asked(shown),
        model(shown),
        link(token, page, shown),
    )
}

/// What came back: as it stands, or as it comes.
fn output(token: &str, answer: &Answered, is_free: bool) -> String {
    let view = &answer.view;
    let ended = view.status.is_end();
    let (token, query) =
        (escape(token), if answer.is_visitors { format!("run={}", answer.run) } else { String::new() });
    let again = format!("/s/{token}?again=1{}{query}", if query.is_empty() { "" } else { "&amp;" });
    let live = if ended {
        String::new()
    } else {
        let events = format!("/s/{token}/events{}{query}", if query.is_empty() { "" } else { "?" });
        format!(r#" data-events="{events}" data-again="{again}" aria-busy="true""#)
    };
    let going = if ended {
        String::new()
    } else {
        let word = if view.status == RunStatus::Running { "It is being written." } else { "It waits for its turn." };
        format!(
            r#"<p class="share__going" role="status"><span class="status" data-status="running">{word}</span><a class="form-only" href="{again}">Load again</a></p>"#
        )
    };
    format!(
        r#"<section class="share__block" aria-labelledby="output"><h2 id="output">Output</h2><div class="share__card"{live}><div class="output">{}{}{}{}{}</div>{going}<footer class="pane__foot">{}</footer></div></section>"#,
        reasoning(&view.output.reasoning),
        answers(answer),
        calls(&view.output.tool_calls),
        failure(answer),
        if ended && nothing(answer) { r#"<p class="faint">The answer is empty.</p>"# } else { "" },
        run_figures(view, is_free),
    )
}

fn nothing(answer: &Answered) -> bool {
    let view = &answer.view;
    view.error.is_none() && view.output.text.is_empty() && view.output.tool_calls.is_empty()
}

/// The answer, or each where there are several.
fn answers(answer: &Answered) -> String {
    let (output, ended) = (&answer.view.output, answer.view.status.is_end());
    let first = format!(r#"<div class="prose" id="answer">{}</div>"#, prose(&output.text, ended));
    let others = output.choices.iter().filter(|choice| choice.index > 0).map(|choice| {
        let number = choice.index + 1;
        let calls = calls(&choice.tool_calls);
        format!(
            r#"<h3 class="share__choice">Answer {number}</h3><div class="prose">{}</div>{calls}"#,
            prose(&choice.text, ended)
        )
    });
    let others: String = others.collect();
    if others.is_empty() { first } else { format!(r#"<h3 class="share__choice">Answer 1</h3>{first}{others}"#) }
}

fn reasoning(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    format!(
        r#"<details class="share__reasoning"><summary>Reasoning</summary><div class="share__text">{}</div></details>"#,
        escape(text)
    )
}

fn calls(calls: &[ToolCall]) -> String {
    calls.iter().map(|call| json(&format!("calls {}", call.name), &call.arguments)).collect()
}

fn failure(answer: &Answered) -> String {
    let Some(error) = &answer.view.error else { return String::new() };
    let title = error.code.title();
    // Where no more may be told than the title says, it is said once.
    let more = (error.message.trim_end_matches('.') != title).then(|| format!("<p>{}</p>", escape(&error.message)));
    format!(
        r#"<div class="failure"><h3 class="failure__title">{}</h3>{}</div>"#,
        escape(title),
        more.unwrap_or_default()
    )
}

/// The messages, and what goes with them.
fn asked(shown: &Prompted) -> String {
    let content = &shown.content;
    let messages: String = content.messages.iter().map(|message| self::message(message, shown.is_literal)).collect();
    let mut more = String::new();
    if !content.tools.is_empty() {
        more += &json("Tools", &serde_json::to_string(&content.tools).unwrap_or_default());
    }
    if let Some(choice) = &content.tool_choice {
        more += &json("Tool choice", choice.as_str());
    }
    if let Some(format) = &content.response_format {
        more += &json("Response format", &serde_json::to_string(format).unwrap_or_default());
    }
    if let Some(options) = &content.provider_options {
        more += &json("Provider options", options.as_str());
    }
    let more = if more.is_empty() { more } else { format!(r#"<div class="share__more">{more}</div>"#) };
    format!(
        r#"<section class="share__block" aria-labelledby="prompt"><h2 id="prompt">Prompt</h2><div class="share__card">{messages}</div>{more}</section>"#
    )
}

/// One message.
pub fn message(message: &ChatMessage, is_literal: bool) -> String {
    let text = |text: &str| if is_literal { escape(text) } else { marked(text) };
    let body = match &message.content {
        Content::Text(own) => text(own),
        Content::Parts(parts) => parts
            .iter()
            .map(|part| match part {
                Part::Text { text: own } => text(own),
                Part::Image(_) => r#"<span class="share__absent">[a picture, not shown]</span>"#.to_owned(),
                Part::Native { .. } => {
                    r#"<span class="share__absent">[a part that is no text, not shown]</span>"#.to_owned()
                }
            })
            .collect(),
    };
    let answers = message.tool_call_id.as_ref().map(|id| format!(" to {}", escape(id))).unwrap_or_default();
    format!(
        r#"<article class="message"><header class="message__head"><span class="message__role">{}{answers}</span></header><div class="share__text">{body}</div>{}</article>"#,
        role(message.role),
        calls(&message.tool_calls),
    )
}

fn role(role: Role) -> &'static str {
    match role {
        Role::System => "System",
        Role::User => "User",
        Role::Assistant => "Assistant",
        Role::Tool => "Tool",
    }
}

fn inputs(inputs: &BTreeMap<String, String>) -> String {
    if inputs.is_empty() {
        return String::new();
    }
    let rows: String = inputs
        .iter()
        .map(|(name, value)| {
            format!(r#"<div><dt class="inputs__name">{}</dt><dd>{}</dd></div>"#, escape(name), escape(value))
        })
        .collect();
    format!(r#"<section><h2>Inputs</h2><dl class="share__inputs">{rows}</dl></section>"#)
}

/// Inputs to be typed, and the button that runs.
fn form(token: &str, shown: &Prompted, left: i64, refused: Option<&Refused>) -> String {
    let fields: String = shown
        .content
        .variables()
        .iter()
        .map(|name| {
            let typed = refused.and_then(|refused| refused.inputs.get(name));
            let value = typed.or_else(|| shown.content.inputs.get(name)).map(String::as_str).unwrap_or_default();
            let name = escape(name);
            // A line break at the very beginning is the form's own.
            format!(
                "<div class=\"field\"><label class=\"field__label inputs__name\" for=\"in-{name}\">{name}</label><textarea class=\"input\" id=\"in-{name}\" name=\"inputs[{name}]\" rows=\"2\">\n{}</textarea></div>",
                escape(value)
            )
        })
        .collect();
    let error = refused.map(|refused| {
        format!(
            r#"<div class="failure" role="alert"><h3 class="failure__title">It was not run</h3><p>{}</p></div>"#,
            escape(&sentence(&refused.error))
        )
    });
    format!(
        r#"<section class="share__block" aria-labelledby="run"><h2 id="run">Inputs</h2><form class="share__card share__form" method="post" action="/s/{}/runs">{fields}{}<div class="share__run"><button class="button" data-kind="primary" type="submit">Run</button><span class="faint">At the cost of whoever shared it: {} left.</span></div></form></section>"#,
        escape(token),
        error.unwrap_or_default(),
        money(left),
    )
}

fn model(shown: &Prompted) -> String {
    let params = serde_json::to_value(&shown.content.params).unwrap_or_default();
    let sent = |param: Param| match &params[param.key()] {
        serde_json::Value::Null => None,
        serde_json::Value::String(text) => Some(text.clone()),
        number if param == Param::MaxTokens => number.as_u64().map(thousands),
        other => Some(other.to_string()),
    };
    let mut rows = vec![("Name", Some(shown.content.model.clone())), ("Answered", shown.resolved_model.clone())];
    rows.extend(Param::ALL.into_iter().map(|param| (param.label(), sent(param))));
    if rows.len() > 2 && rows[2..].iter().all(|(_, value)| value.is_none()) {
        rows.push(("Params", Some("none sent".into())));
    }
    facts(&rows)
}

fn link(token: &str, page: &Page, shown: &Prompted) -> String {
    let rows = [
        ("Ends", Some(until(page.expires_at, page.now))),
        ("Signed", Some("yes, can be revoked".into())),
        ("Budget left", page.left_micros.map(money)),
        ("Attachments", (shown.attachments > 0).then(|| format!("{}, not shown", shown.attachments))),
    ];
    facts(&rows) + &download(token, page)
}

/// The way to the file.
pub fn download(token: &str, page: &Page) -> String {
    if page.scope < domain::ShareScope::Fork {
        return String::new();
    }
    format!(r#"<p><a href="/s/{}/export" download>Download as JSON</a></p>"#, escape(token))
}

/// What a column of a comparison asks.
pub fn content(content: &PromptContent) -> String {
    let messages: String = content.messages.iter().map(|message| self::message(message, false)).collect();
    let params = serde_json::to_string(&content.params).unwrap_or_default();
    if params == "{}" { messages } else { messages + &code("Params", &app::state::pretty::pretty(&params)) }
}
