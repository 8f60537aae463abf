//! From a run that names a kept prompt to the exact messages that it means (D1).

use std::sync::Arc;

use domain::{ApiError, ChatMessage, Code, Content, NewRun, Part, PromptContent, PromptId, Role, Which, template};

use super::entry::Known;
use super::examples::Example;
use super::{Library, read, unknown};
use crate::error::Error;
use crate::principal::Principal;
use crate::store::prompts::absent;

/// The variable that the text of a preset's run goes into.
const INPUT: &str = "input";

impl Library<'_> {
    /// What a version holds, and its number. Held in memory: a run does not wait for the database.
    ///
    /// # Errors
    /// `not_found`, also for a prompt that was put away.
    pub async fn content(
        self,
        principal: &Principal,
        id: PromptId,
        which: &Which,
    ) -> Result<(Arc<PromptContent>, u32), Error> {
        let known = self.0.library.ask(principal.workspace, |index| index.get(id).cloned()).await;
        let known = match known {
            Some(known) if known.archived => return Err(absent(id).into()),
            Some(known) => known,
            None => match self.0.store.prompt(principal.workspace, id).await? {
                Some(row) if row.archived_at.is_none() => Known::from(&row),
                _ => return Err(absent(id).into()),
            },
        };
        if known.example {
            let example = Example::of(id).ok_or_else(|| absent(id))?;
            let number = known.number(which).ok_or_else(|| unknown(which, known.head))?;
            return Ok((Arc::new(example.content(&self.model())), number));
        }
        let number = known.number(which).ok_or_else(|| unknown(which, known.head))?;
        let held = self.0.library.contents().get(&(id, number)).cloned();
        if let Some(content) = held {
            return Ok((content, number));
        }
        let row = self.version_row(principal, id, number).await?;
        Ok((self.hold(id, number, read(&row.content)?, row.content.len()), number))
    }

    /// The run that is meant by one that names a prompt: what it says itself goes before what the version holds.
    ///
    /// # Errors
    /// `not_found`; `invalid_request` where the result is no run.
    pub async fn resolve(self, principal: &Principal, new: NewRun) -> Result<NewRun, Error> {
        let Some(id) = new.of_prompt() else { return Ok(new) };
        let which = Which::of(new.version, new.label.clone());
        let (content, number) = self.content(principal, id, &which).await?;
        let run = merged(new, (*content).clone(), id, number);
        run.check_whole()?;
        Ok(run)
    }
}

fn merged(new: NewRun, content: PromptContent, id: PromptId, number: u32) -> NewRun {
    let base = content.run();
    let mut inputs = base.inputs;
    inputs.extend(new.inputs);
    let mut run = NewRun {
        model: if new.model.is_empty() { base.model } else { new.model },
        messages: if new.messages.is_empty() { base.messages } else { new.messages },
        prompt: Some(id),
        version: Some(number),
        label: None,
        preset_id: None,
        input_context: None,
        inputs,
        params: new.params.or(&base.params),
        tools: if new.tools.is_empty() { base.tools } else { new.tools },
        tool_choice: new.tool_choice.or(base.tool_choice),
        parallel_tool_calls: new.parallel_tool_calls.or(base.parallel_tool_calls),
        response_format: new.response_format.or(base.response_format),
        provider_options: new.provider_options.or(base.provider_options),
        ..new
    };
    if let Some(text) = new.input_context {
        put_in(&mut run, text);
    }
    run
}

/// Puts a text where the prompt has `{{input}}`; where it has none, after the last message.
fn put_in(run: &mut NewRun, text: String) {
    let texts = run.messages.iter().flat_map(|message| message.content.texts());
    if texts.flat_map(template::variables).any(|name| name == INPUT) {
        run.inputs.insert(INPUT.to_owned(), text);
        return;
    }
    // Values are not scanned again, and neither is this.
    let text = template::escape(&text).into_owned();
    match run.messages.last_mut().filter(|message| message.role == Role::User) {
        Some(last) => match &mut last.content {
            Content::Text(before) if before.trim().is_empty() => *before = text,
            Content::Text(before) => *before = format!("{before}\n\n{text}"),
            Content::Parts(parts) => parts.push(Part::Text { text }),
        },
        None => run.messages.push(ChatMessage::text(Role::User, text)),
    }
}

/// A prompt must be named by an id of ours.
///
/// # Errors
/// `not_found`: what is no id is no prompt either.
pub fn prompt_id(text: &str) -> Result<PromptId, ApiError> {
    text.parse().map_err(|error| ApiError::new(Code::NotFound, format!("There is no such prompt: {error}.")))
}

#[cfg(test)]
mod tests {
    use domain::Params;

    use super::*;

    fn content(user: &str) -> PromptContent {
        PromptContent {
            model: "base".into(),
            messages: vec![ChatMessage::text(Role::System, "Be short."), ChatMessage::text(Role::User, user)],
            params: Params { temperature: Some(0.5), max_tokens: Some(9), ..Params::default() },
            inputs: [("tone".to_owned(), "dry".to_owned())].into(),
            ..PromptContent::default()
        }
    }

    fn run(user: &str, context: &str) -> NewRun {
        let mut new = NewRun::new("", Vec::new());
        new.input_context = Some(context.into());
        new.params.temperature = Some(0.0);
        new.inputs.insert("tone".into(), "warm".into());
        merged(new, content(user), PromptId::from_bytes([1; 16]), 3)
    }

    #[test]
    fn a8_input_goes_into_its_hole_or_after_the_last_message() {
        let filled = run("In {{tone}}: {{input}}", "about {{rivers}}");
        assert_eq!(filled.inputs["input"], "about {{rivers}}");
        assert_eq!(filled.messages[1].content.text(), "In {{tone}}: {{input}}");
        let added = run("In {{tone}}:", "about {{rivers}}");
        assert_eq!(added.messages[1].content.text(), "In {{tone}}:\n\nabout \\{{rivers}}");
        assert_eq!((added.model.as_str(), added.inputs["tone"].as_str()), ("base", "warm"));
        assert_eq!((added.params.temperature, added.params.max_tokens), (Some(0.0), Some(9)));
        assert_eq!((added.prompt, added.version), (Some(PromptId::from_bytes([1; 16])), Some(3)));
    }
}
