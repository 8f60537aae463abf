//! The form that people read. There is no way back from it.

mod text;

use domain::chat::{ChatMessage, Content, Part, Verbatim};
use domain::event::FinishReason;
use domain::{ImageSource, NewRun, Params, PromptContent, Role};
use serde_json::Value;

use super::Of;
use super::export::{Out, Source, Stop};
use super::format::{CellEntry, ComparisonHead, PromptHead, RunEntry, VersionEntry};
use text::{Table, code, fence, plain, quote, time};

/// Writes a file.
pub async fn write(source: Source<'_>, of: Of, with_runs: bool, out: &mut Out) -> Result<(), Stop> {
    if of == Of::All {
        out.push("# Etude\n").await?;
    }
    let mut after = None;
    loop {
        let page = source.prompts(of, after).await?;
        let Some(last) = page.last() else { break };
        after = Some(*last);
        for id in page {
            let Some((head, newest)) = source.prompt(id).await? else { continue };
            out.push(&prompt(&head, newest)).await?;
            for number in (1..=newest).rev() {
                out.push(&version(&head, &source.version(id, number).await?)).await?;
            }
        }
    }
    for id in source.comparisons(of).await? {
        let Some((head, cells)) = source.comparison(id).await? else { continue };
        out.push(&comparison(&head, &cells)).await?;
    }
    let mut after = None;
    loop {
        let page = source.runs(of, with_runs, after).await?;
        let Some(last) = page.last() else { break };
        after = Some(*last);
        for id in page {
            if let Some(entry) = source.run(id).await? {
                out.push(&run(&entry)).await?;
            }
        }
    }
    Ok(())
}

fn prompt(head: &PromptHead, newest: u32) -> String {
    let mut out = format!("\n# {}\n\n", plain(&head.name));
    if !head.description.is_empty() {
        out += &quote(&head.description);
    }
    let mut table = Table::default();
    table.row("Id", code(&head.id.to_string()));
    table.row("Newest version", newest.to_string());
    table.list("Tags", head.tags.iter().map(|tag| plain(tag)));
    table.list("Labels", head.labels.iter().map(|(label, number)| format!("{} = {number}", plain(label))));
    table.list("Known elsewhere as", head.names.iter().map(|name| code(&name.name)));
    table.row("Created", time(head.created_at));
    table.row("Changed", time(head.updated_at));
    if let Some(at) = head.archived_at {
        table.row("Put away", time(at));
    }
    out + &table.finish()
}

fn version(head: &PromptHead, version: &VersionEntry) -> String {
    let labels = head.labels.iter().filter(|(_, number)| **number == version.version).map(|(label, _)| plain(label));
    let labels: Vec<_> = labels.collect();
    let labelled = if labels.is_empty() { String::new() } else { format!(" ({})", labels.join(", ")) };
    let mut out = format!("\n## Version {}{labelled}\n\n", version.version);
    if !version.note.is_empty() {
        out += &quote(&version.note);
    }
    let mut table = Table::default();
    if let Some(parent) = version.parent {
        table.row("Made from", format!("version {parent}"));
    }
    if let Some(merged) = version.merged {
        table.row("Took in", format!("version {merged}"));
    }
    if !version.author.is_empty() {
        table.row("Author", plain(&version.author));
    }
    table.row("Saved", time(version.created_at));
    match serde_json::from_str::<PromptContent>(version.content.as_str()) {
        Ok(content) => {
            table.row("Model", code(&content.model));
            params(&mut table, &content.params);
            out += &table.finish();
            out += &asked("###", &content);
        }
        Err(_) => {
            out += &table.finish();
            out += &fence("json", version.content.as_str());
        }
    }
    out
}

/// Messages, inputs, tools and what else a model is given.
fn asked(level: &str, content: &PromptContent) -> String {
    let mut out = String::new();
    for message in &content.messages {
        out += &self::message(level, message);
    }
    if !content.inputs.is_empty() {
        out += &format!("{level} Inputs\n\n");
        for (name, value) in &content.inputs {
            out += &format!("{}\n\n{}", code(name), fence("text", value));
        }
    }
    for tool in &content.tools {
        out += &format!("{level} Tool {}\n\n", code(&tool.name));
        out += &tool.description.as_deref().map(quote).unwrap_or_default();
        out += &tool.parameters.as_ref().map(|schema| fence("json", schema.as_str())).unwrap_or_default();
    }
    let json = |name: &str, json: Option<&Verbatim>| {
        json.map(|json| format!("{level} {name}\n\n{}", fence("json", json.as_str()))).unwrap_or_default()
    };
    out += &json("Tool choice", content.tool_choice.as_ref());
    if let Some(format) = &content.response_format {
        let format = serde_json::to_string(format).unwrap_or_default();
        out += &format!("{level} Response format\n\n{}", fence("json", &format));
    }
    out + &json("Provider options", content.provider_options.as_ref())
}

fn message(level: &str, message: &ChatMessage) -> String {
    let who = match message.role {
        Role::System => "System",
        Role::User => "User",
        Role::Assistant => "Assistant",
        Role::Tool => "Tool result",
    };
    let mut out = format!("{level} {who}\n\n");
    match &message.content {
        Content::Text(text) => out += &fence("text", text),
        Content::Parts(parts) => parts.iter().for_each(|part| out += &self::part(part)),
    }
    for call in &message.tool_calls {
        out += &format!("Calls {}\n\n{}", code(&call.name), fence("json", &call.arguments));
    }
    out
}

fn part(part: &Part) -> String {
    match part {
        Part::Text { text } => fence("text", text),
        Part::Image(image) => match image.source() {
            Ok(ImageSource::Remote(url)) => format!("A picture at {}\n\n", code(url)),
            Ok(ImageSource::Inline { media_type, data }) => {
                format!("A picture ({}, {} bytes)\n\n", plain(media_type), data.len() / 4 * 3)
            }
            Err(_) => "A picture\n\n".into(),
        },
        Part::Native { json, .. } => fence("json", json),
    }
}

fn params(table: &mut Table, params: &Params) {
    let Ok(Value::Object(params)) = serde_json::to_value(params) else { return };
    for (name, value) in params {
        table.row(&plain(&name), code(&value.to_string()));
    }
}

fn run(run: &RunEntry) -> String {
    let mut out = format!("\n# Run {}\n\n", code(&run.id.to_string()));
    let mut table = Table::default();
    table.row("Started", time(run.created_at));
    table.row("Status", run.status.as_str().to_owned());
    if let Some(reason) = run.finish_reason {
        table.row("Ended by", finish(reason).to_owned());
    }
    table.row("Model", code(run.resolved_model.as_ref().unwrap_or(&run.model)));
    if let Some(provider) = &run.provider {
        table.row("Provider", plain(provider));
    }
    if let Some((prompt, version)) = run.prompt.zip(run.version) {
        table.row("Of", format!("{} version {version}", code(&prompt.to_string())));
    }
    params_and_figures(&mut table, run);
    out += &table.finish();
    match serde_json::from_str::<NewRun>(run.request.as_str()) {
        Ok(new) => out += &asked("##", &PromptContent::of_run(new)),
        Err(_) => out += &format!("## Request\n\n{}", fence("json", run.request.as_str())),
    }
    out + &answer(run)
}

fn params_and_figures(table: &mut Table, run: &RunEntry) {
    params(table, &run.params);
    table.row("Tokens in", run.usage.input_tokens.to_string());
    table.row("Tokens out", run.usage.output_tokens.to_string());
    if let Some(cost) = run.cost_micros {
        table.row("Cost", format!("${}.{:06}", cost / 1_000_000, cost.unsigned_abs() % 1_000_000));
    }
    if let Some(ms) = run.ttft_ms {
        table.row("First token", format!("{ms} ms"));
    }
    if let Some(ms) = run.total_ms {
        table.row("In all", format!("{ms} ms"));
    }
}

fn answer(run: &RunEntry) -> String {
    let mut out = String::new();
    let output = &run.output;
    if !output.reasoning.is_empty() {
        out += &format!("## Reasoning\n\n{}", fence("text", &output.reasoning));
    }
    if output.choices.is_empty() {
        out += &format!("## Answer\n\n{}", fence("text", &output.text));
        for call in &output.tool_calls {
            out += &format!("Calls {}\n\n{}", code(&call.name), fence("json", &call.arguments));
        }
    }
    for choice in &output.choices {
        out += &format!("## Answer {}\n\n{}", choice.index + 1, fence("text", &choice.text));
        for call in &choice.tool_calls {
            out += &format!("Calls {}\n\n{}", code(&call.name), fence("json", &call.arguments));
        }
    }
    if let Some(error) = &run.error {
        out += &format!("## Error\n\n{}", quote(&error.message));
    }
    out
}

fn finish(reason: FinishReason) -> &'static str {
    match reason {
        FinishReason::Stop => "the model",
        FinishReason::Length => "the limit of tokens",
        FinishReason::ToolCalls => "a call of a tool",
        FinishReason::Filtered => "a filter",
        FinishReason::Cancelled => "a person",
    }
}

fn comparison(head: &ComparisonHead, cells: &[CellEntry]) -> String {
    let name = if head.name.is_empty() { "Comparison".to_owned() } else { plain(&head.name) };
    let mut out = format!("\n# {name}\n\n");
    let mut table = Table::default();
    table.row("Id", code(&head.id.to_string()));
    table.row("Columns", head.spec.columns.len().to_string());
    table.row("Rows", head.spec.rows.len().to_string());
    table.row("Repetitions", head.spec.repetitions.to_string());
    if let Some(name) = &head.spec.data_name {
        table.row("Rows from", plain(name));
    }
    table.row("Changed", time(head.updated_at));
    out += &table.finish();
    for (place, column) in head.spec.columns.iter().enumerate() {
        out += &format!("## Column {}\n\n", letter(place));
        let mut table = Table::default();
        table.row("Model", code(&column.content.model));
        if let Some((prompt, version)) = column.prompt.zip(column.version) {
            let edited = if column.edited { ", changed" } else { "" };
            table.row("Of", format!("{} version {version}{edited}", code(&prompt.to_string())));
        }
        params(&mut table, &column.content.params);
        out += &table.finish();
        out += &asked("###", &column.content);
    }
    out + &answers(head, cells)
}

fn answers(head: &ComparisonHead, cells: &[CellEntry]) -> String {
    let mut out = String::new();
    // They come by row.
    let mut cells = cells.iter().peekable();
    for (row, inputs) in head.spec.rows.iter().enumerate() {
        out += &format!("## Row {}\n\n", row + 1);
        for (name, value) in inputs {
            out += &format!("{}\n\n{}", code(name), fence("text", value));
        }
        while let Some(cell) = cells.next_if(|cell| cell.row as usize == row) {
            let place = head.spec.columns.iter().position(|column| column.id == cell.column).unwrap_or_default();
            let which = if head.spec.repetitions > 1 { format!(", {}", cell.repetition + 1) } else { String::new() };
            out += &format!("### {}{which}: {}\n\n", letter(place), cell.status.as_str());
            match &cell.error {
                Some(error) => out += &quote(&error.message),
                None => out += &fence("text", &cell.text),
            }
            out += &cell.run.map(|run| format!("Run {}\n\n", code(&run.to_string()))).unwrap_or_default();
        }
    }
    out
}

/// A, B, C: there are no more than eight.
fn letter(place: usize) -> char {
    char::from(b'A' + u8::try_from(place % 26).unwrap_or_default())
}
