//! The form that tries an operation on this very server. `islands/src/docs.ts` brings it to life; without a script it
//! is not there.

use serde_json::Value;

use super::html::escape;
use super::operation::Operation;
use super::snippets::pretty;

/// The form of an operation; none where there is nothing that a form can send.
#[must_use]
pub fn of(operation: &Operation<'_>) -> String {
    if operation.is_upgrade() {
        return String::new();
    }
    let id = operation.id();
    let fields: String = operation.parameters().into_iter().map(|parameter| field(id, parameter)).collect();
    let fields = if fields.is_empty() { fields } else { format!(r#"<div class="try__fields">{fields}</div>"#) };
    let accept = if operation.answers_as_asked() { accept(id) } else { String::new() };
    format!(
        r#"<form class="try live-only" data-method="{method}" data-path="{path}" aria-label="Try: {summary}"><h4>Try it</h4>{fields}{accept}{body}<div class="try__bar"><button class="button" type="submit" data-kind="primary" aria-keyshortcuts="Control+Enter">Send <span class="kbd-set" aria-hidden="true"><kbd class="kbd">Ctrl</kbd><kbd class="kbd">↵</kbd></span></button><button class="button" type="button" data-kind="stop" data-stop hidden>Stop <kbd class="kbd" aria-hidden="true">Esc</kbd></button><p class="try__status" role="status"></p></div><div class="try__answer" role="region" aria-label="Answer: {summary}" hidden><dl class="op__headers" data-headers></dl><div class="code"><pre tabindex="0" role="group" aria-label="Body of the answer"><code data-body></code></pre></div></div></form>"#,
        method = operation.method.to_uppercase(),
        path = escape(operation.path),
        summary = escape(operation.summary()),
        body = body(operation),
    )
}

fn field(id: &str, parameter: &Value) -> String {
    let text = |name: &str| parameter[name].as_str().unwrap_or_default();
    let (name, place) = (escape(text("name")), text("in"));
    let needed = parameter["required"] == true;
    let (star, required) = if needed { (" (required)", " required") } else { ("", "") };
    let input = match choices(&parameter["schema"]) {
        Some(choices) => {
            let options: String = choices.iter().map(|choice| format!("<option>{}</option>", escape(choice))).collect();
            format!(
                r#"<select class="input" id="{id}-{name}" data-in="{place}" data-name="{name}"><option value="">not sent</option>{options}</select>"#
            )
        }
        None => {
            let value = if needed { escape(text("example")) } else { String::new() };
            let hint = if needed { "" } else { "not sent" };
            format!(
                r#"<input class="input" data-font="mono" id="{id}-{name}" data-in="{place}" data-name="{name}" value="{value}" placeholder="{hint}" autocomplete="off" spellcheck="false"{required}>"#
            )
        }
    };
    format!(
        r#"<div class="field"><label class="field__label" for="{id}-{name}"><code>{name}</code>{star}</label>{input}</div>"#
    )
}

/// The values that a parameter may have, where they are few.
fn choices(schema: &Value) -> Option<Vec<String>> {
    if schema["type"] == "boolean" {
        return Some(vec!["true".into(), "false".into()]);
    }
    let values = schema["enum"].as_array()?.iter();
    Some(values.filter_map(Value::as_str).map(str::to_owned).collect())
}

fn accept(id: &str) -> String {
    format!(
        r#"<div class="field"><label class="field__label" for="{id}-accept">Answer as</label><select class="input" id="{id}-accept" data-in="header" data-name="accept"><option value="text/event-stream">a stream of events</option><option value="application/json">JSON, once it has ended</option></select></div>"#
    )
}

fn body(operation: &Operation<'_>) -> String {
    let examples = operation.examples();
    let Some((_, first)) = examples.first() else { return String::new() };
    let id = operation.id();
    let options: String = examples
        .iter()
        .map(|(summary, body)| format!(r#"<option value="{}">{}</option>"#, escape(&pretty(body)), escape(summary)))
        .collect();
    let choice = if examples.len() > 1 {
        format!(
            r#"<div class="field"><label class="field__label" for="{id}-example">Example</label><select class="input" id="{id}-example" data-examples>{options}</select></div>"#
        )
    } else {
        String::new()
    };
    format!(
        r#"{choice}<div class="field"><label class="field__label" for="{id}-body">Body</label><textarea class="input try__body" data-font="mono" id="{id}-body" data-in="body" rows="8" autocomplete="off" autocapitalize="off" spellcheck="false">{}</textarea></div>"#,
        escape(&pretty(first)),
    )
}
