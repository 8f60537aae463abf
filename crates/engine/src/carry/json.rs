//! The form that is imported again: a line for each entry, by id, and nothing of the moment in it.

use serde::Serialize;

use super::Of;
use super::export::{Out, Source, Stop};
use super::format::{FORMAT, VERSION};
use crate::error::Error;

/// Writes a file.
pub async fn write(source: Source<'_>, of: Of, with_runs: bool, out: &mut Out) -> Result<(), Stop> {
    out.push(&format!("{{\"format\":\"{FORMAT}\",\"version\":{VERSION},\"prompts\":[")).await?;
    prompts(source, of, out).await?;
    out.push("],\"runs\":[").await?;
    runs(source, of, with_runs, out).await?;
    out.push("],\"comparisons\":[").await?;
    comparisons(source, of, out).await?;
    out.push("]}\n").await
}

async fn prompts(source: Source<'_>, of: Of, out: &mut Out) -> Result<(), Stop> {
    let mut list = Lines::default();
    let mut after = None;
    loop {
        let page = source.prompts(of, after).await?;
        let Some(last) = page.last() else { break };
        after = Some(*last);
        for id in page {
            let Some((head, newest)) = source.prompt(id).await? else { continue };
            out.push(&list.next()).await?;
            out.push(&open(&head)?).await?;
            out.push(",\"versions\":[").await?;
            let mut versions = Lines::default();
            for number in 1..=newest {
                out.push(&versions.next()).await?;
                out.push(&text(&source.version(id, number).await?)?).await?;
            }
            out.push(&versions.end()).await?;
            out.push("]}").await?;
        }
    }
    out.push(&list.end()).await
}

async fn runs(source: Source<'_>, of: Of, with_runs: bool, out: &mut Out) -> Result<(), Stop> {
    let mut list = Lines::default();
    let mut after = None;
    loop {
        let page = source.runs(of, with_runs, after).await?;
        let Some(last) = page.last() else { break };
        after = Some(*last);
        for id in page {
            let Some(run) = source.run(id).await? else { continue };
            out.push(&list.next()).await?;
            out.push(&text(&run)?).await?;
        }
    }
    out.push(&list.end()).await
}

async fn comparisons(source: Source<'_>, of: Of, out: &mut Out) -> Result<(), Stop> {
    let mut list = Lines::default();
    for id in source.comparisons(of).await? {
        let Some((head, cells)) = source.comparison(id).await? else { continue };
        out.push(&list.next()).await?;
        out.push(&open(&head)?).await?;
        out.push(",\"cells\":[").await?;
        let mut lines = Lines::default();
        for cell in &cells {
            out.push(&lines.next()).await?;
            out.push(&text(cell)?).await?;
        }
        out.push(&lines.end()).await?;
        out.push("]}").await?;
    }
    out.push(&list.end()).await
}

/// What stands between the entries of a list.
#[derive(Default)]
struct Lines(bool);

impl Lines {
    fn next(&mut self) -> String {
        if std::mem::replace(&mut self.0, true) { ",\n".into() } else { "\n".into() }
    }

    fn end(&self) -> String {
        if self.0 { "\n".into() } else { String::new() }
    }
}

fn text<T: Serialize>(entry: &T) -> Result<String, Error> {
    serde_json::to_string(entry).map_err(|error| Error::Corrupt(error.to_string()))
}

/// An object that goes on.
fn open<T: Serialize>(head: &T) -> Result<String, Error> {
    let mut text = text(head)?;
    text.pop();
    Ok(text)
}
