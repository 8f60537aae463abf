//! Two versions that were made of the same one, made into one: what only one of them changed is taken, what both
//! changed in the same spot is asked for.

mod text;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::change::{self, cut};
use crate::chat::{ChatMessage, Content, Part, Tool};
use crate::prompt::PromptContent;

/// What is taken where both changed the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pick {
    /// What they wrote.
    Theirs,
    /// What you wrote.
    #[default]
    Yours,
    /// First theirs, then yours.
    Both,
}

/// Whose change stands in a spot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// They changed it, you did not.
    Theirs,
    /// You changed it, they did not.
    Yours,
    /// Both made the same change.
    Alike,
    /// Both changed it, each in another way: a [`Pick`] decides.
    Clash,
}

/// A spot that one of them or both have changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spot {
    /// Where it is: `System, line 3`, `Temperature`.
    pub name: String,
    /// What they have there; absent, what was there before.
    pub theirs: Option<String>,
    /// What you have there; absent, what was there before.
    pub yours: Option<String>,
    /// Whose change is taken.
    pub outcome: Outcome,
    /// Whether both can be taken, one after the other.
    pub takes_both: bool,
}

/// What comes of two versions.
#[derive(Debug, Clone, PartialEq)]
pub struct Merged {
    /// Both in one, with the picks that were given.
    pub content: PromptContent,
    /// Every spot that was changed, in the order of the prompt.
    pub spots: Vec<Spot>,
}

/// Merges two versions of one parent. `picks` decides the clashes in the order of [`Merged::spots`]; where it ends,
/// yours is taken.
#[must_use]
pub fn merge(parent: &PromptContent, theirs: &PromptContent, yours: &PromptContent, picks: &[Pick]) -> Merged {
    let mut merger = Merger { picks, clashes: 0, spots: Vec::new() };
    let messages = merger.messages([&parent.messages, &theirs.messages, &yours.messages]);
    let three = [parent, theirs, yours];
    let model = merger.value("Model", three.map(|content| &content.model), Clone::clone);
    let params = merger.params(three);
    let tools = merger.tools(three.map(|content| content.tools.as_slice()));
    let verbatim =
        |json: &Option<crate::chat::Verbatim>| json.as_ref().map_or_else(String::new, |json| json.as_str().to_owned());
    let tool_choice = merger.value("Tool choice", three.map(|content| &content.tool_choice), verbatim);
    let parallel_tool_calls =
        merger.value("Several tools at once", three.map(|content| &content.parallel_tool_calls), shown);
    let response_format = merger.value("Response format", three.map(|content| &content.response_format), shown);
    let provider_options = merger.value("Provider options", three.map(|content| &content.provider_options), verbatim);
    let inputs = merger.inputs(three.map(|content| &content.inputs));
    let content = PromptContent {
        model,
        messages,
        params,
        inputs,
        tools,
        tool_choice,
        parallel_tool_calls,
        response_format,
        provider_options,
    };
    Merged { content, spots: merger.spots }
}

/// A value as JSON writes it; nothing where there is none.
fn shown<T: Serialize>(value: &T) -> String {
    let json = serde_json::to_string(value).unwrap_or_default();
    if json == "null" { String::new() } else { json }
}

struct Merger<'p> {
    picks: &'p [Pick],
    clashes: usize,
    spots: Vec<Spot>,
}

impl Merger<'_> {
    fn pick(&mut self) -> Pick {
        let pick = self.picks.get(self.clashes).copied().unwrap_or_default();
        self.clashes += 1;
        pick
    }

    fn told(&mut self, name: &str, outcome: Outcome, [theirs, yours]: [Option<String>; 2], takes_both: bool) {
        let said = |text: Option<String>| text.map(|text| cut(&text));
        self.spots.push(Spot { name: name.to_owned(), theirs: said(theirs), yours: said(yours), outcome, takes_both });
    }

    /// A value that is taken as a whole.
    fn value<T: PartialEq + Clone>(
        &mut self,
        name: &str,
        [parent, theirs, yours]: [&T; 3],
        show: impl Fn(&T) -> String,
    ) -> T {
        if theirs == yours {
            if parent != theirs {
                self.told(name, Outcome::Alike, [Some(show(theirs)), Some(show(yours))], false);
            }
            return theirs.clone();
        }
        if parent == theirs {
            self.told(name, Outcome::Yours, [None, Some(show(yours))], false);
            return yours.clone();
        }
        if parent == yours {
            self.told(name, Outcome::Theirs, [Some(show(theirs)), None], false);
            return theirs.clone();
        }
        self.told(name, Outcome::Clash, [Some(show(theirs)), Some(show(yours))], false);
        if self.pick() == Pick::Theirs { theirs.clone() } else { yours.clone() }
    }

    fn params(&mut self, three: [&PromptContent; 3]) -> crate::params::Params {
        macro_rules! each {
            ($($field:ident: $name:literal),*) => {
                crate::params::Params {
                    $($field: self.value($name, three.map(|content| &content.params.$field), |value| shown(value)),)*
                }
            };
        }
        each! {
            temperature: "Temperature", max_tokens: "Max tokens", top_p: "Top P", top_k: "Top K",
            stop: "Stop sequences", seed: "Seed", presence_penalty: "Presence penalty",
            frequency_penalty: "Frequency penalty", logprobs: "Logprobs", reasoning_effort: "Reasoning effort"
        }
    }

    /// Tools one by one, where each has a name of its own.
    fn tools(&mut self, three: [&[Tool]; 3]) -> Vec<Tool> {
        let [parent, theirs, yours] = three;
        let only_one = theirs == yours || parent == theirs || parent == yours;
        if only_one || three.iter().any(|tools| change::has_twins(tools)) {
            return self.value("Tools", three.map(<[Tool]>::to_vec).each_ref(), |tools| {
                tools.iter().map(|tool| tool.name.as_str()).collect::<Vec<_>>().join(", ")
            });
        }
        let find = |tools: &[Tool], name: &str| tools.iter().find(|tool| tool.name == name).cloned();
        let mut names: Vec<&str> = theirs.iter().map(|tool| tool.name.as_str()).collect();
        for tool in yours.iter().chain(parent) {
            if !names.contains(&tool.name.as_str()) {
                names.push(&tool.name);
            }
        }
        let each = names.into_iter().filter_map(|name| {
            let of = three.map(|tools| find(tools, name));
            self.value(&format!("Tool {name}"), of.each_ref(), |tool| match tool {
                Some(tool) => tool.description.clone().unwrap_or_else(|| tool.name.clone()),
                None => "removed".to_owned(),
            })
        });
        each.collect()
    }

    fn inputs(&mut self, three: [&BTreeMap<String, String>; 3]) -> BTreeMap<String, String> {
        let names: BTreeSet<&String> = three.iter().flat_map(|inputs| inputs.keys()).collect();
        let each = names.into_iter().filter_map(|name| {
            let of = three.map(|inputs| inputs.get(name).cloned());
            let value = self.value(&format!("Input {name}"), of.each_ref(), |value| {
                value.clone().unwrap_or_else(|| "removed".to_owned())
            })?;
            Some((name.clone(), value))
        });
        each.collect()
    }

    /// The messages: those of the parent in their order, each merged, with what either has put between.
    fn messages(&mut self, [parent, theirs, yours]: [&[ChatMessage]; 3]) -> Vec<ChatMessage> {
        let of = |side: &[ChatMessage]| {
            let mut found = vec![None; parent.len()];
            for pair in change::pair(parent, side).into_iter().filter(|pair| !pair.moved) {
                if let (Some(old), Some(new)) = (pair.old, pair.new) {
                    found[old] = Some(new);
                }
            }
            found
        };
        let (in_theirs, in_yours) = (of(theirs), of(yours));
        let mut merged = Vec::new();
        let (mut at_theirs, mut at_yours) = (0, 0);
        for at in 0..=parent.len() {
            let next = |found: &[Option<usize>], side: &[ChatMessage]| {
                found[at..].iter().find_map(|there| *there).unwrap_or(side.len())
            };
            let (to_theirs, to_yours) = (next(&in_theirs, theirs), next(&in_yours, yours));
            // What was put before this message, on either side, is told once: at the first that both sides pass.
            let is_here = |found: &[Option<usize>]| at == parent.len() || found[at].is_some();
            let new_theirs = if is_here(&in_theirs) { &theirs[at_theirs..to_theirs] } else { &[] };
            let new_yours = if is_here(&in_yours) { &yours[at_yours..to_yours] } else { &[] };
            self.added(new_theirs, new_yours, &mut merged);
            if at == parent.len() {
                break;
            }
            if let Some(there) = in_theirs[at] {
                at_theirs = there + 1;
            }
            if let Some(there) = in_yours[at] {
                at_yours = there + 1;
            }
            let name = change::title(parent, at);
            let (there, here) = (in_theirs[at].map(|there| &theirs[there]), in_yours[at].map(|here| &yours[here]));
            merged.extend(self.message(&name, &parent[at], there, here));
        }
        merged
    }

    fn added(&mut self, theirs: &[ChatMessage], yours: &[ChatMessage], merged: &mut Vec<ChatMessage>) {
        const NAME: &str = "A message was added";
        let text = |messages: &[ChatMessage]| {
            messages.iter().map(|message| message.content.text()).collect::<Vec<_>>().join("\n\n")
        };
        let (mut first, mut second) = (theirs, yours);
        match (theirs.is_empty(), yours.is_empty()) {
            (true, true) => return,
            (false, true) => self.told(NAME, Outcome::Theirs, [Some(text(theirs)), None], false),
            (true, false) => self.told(NAME, Outcome::Yours, [None, Some(text(yours))], false),
            (false, false) if theirs == yours => {
                self.told(NAME, Outcome::Alike, [Some(text(theirs)), Some(text(yours))], false);
                second = &[];
            }
            (false, false) => {
                self.told(NAME, Outcome::Clash, [Some(text(theirs)), Some(text(yours))], true);
                match self.pick() {
                    Pick::Theirs => second = &[],
                    Pick::Yours => first = &[],
                    Pick::Both => {}
                }
            }
        }
        merged.extend(first.iter().chain(second).cloned());
    }

    /// One message of the parent: merged line by line where all three are texts, else as a whole.
    fn message(
        &mut self,
        name: &str,
        parent: &ChatMessage,
        theirs: Option<&ChatMessage>,
        yours: Option<&ChatMessage>,
    ) -> Option<ChatMessage> {
        if let (Some(theirs), Some(yours)) = (theirs, yours)
            && theirs != yours
            && theirs != parent
            && yours != parent
            && let Some(texts) = in_one_form([parent, theirs, yours])
        {
            let merged: Vec<String> = texts.into_iter().map(|three| self.text(name, three)).collect();
            return Some(with_texts(yours, merged));
        }
        let (was, theirs, yours) = (Some(parent.clone()), theirs.cloned(), yours.cloned());
        if was == theirs || was == yours || theirs == yours {
            return self.only_one(name, &was, &theirs, &yours);
        }
        self.value(name, [&was, &theirs, &yours], whole)
    }

    /// A message that one side alone has changed, told by the lines.
    fn only_one(
        &mut self,
        name: &str,
        parent: &Option<ChatMessage>,
        theirs: &Option<ChatMessage>,
        yours: &Option<ChatMessage>,
    ) -> Option<ChatMessage> {
        if let (Some(was), Some(there), Some(here)) = (parent, theirs, yours)
            && let Some(texts) = in_one_form([was, there, here])
        {
            for three in texts {
                _ = self.text(name, three);
            }
            return if parent == theirs { yours.clone() } else { theirs.clone() };
        }
        self.value(name, [parent, theirs, yours], whole)
    }

    fn text(&mut self, name: &str, [parent, theirs, yours]: [&str; 3]) -> String {
        let mut lines: Vec<&str> = Vec::new();
        for chunk in text::chunks(parent, theirs, yours) {
            let Some(change) = chunk.change else {
                lines.extend(chunk.parent);
                continue;
            };
            let name = format!("{name}, line {}", chunk.line + 1);
            let said = |lines: &[&str]| if lines.is_empty() { "removed".to_owned() } else { lines.join("\n") };
            let (there, here) = (chunk.theirs, chunk.yours);
            let told = match change {
                Outcome::Theirs => [Some(said(&there)), None],
                Outcome::Yours => [None, Some(said(&here))],
                Outcome::Alike | Outcome::Clash => [Some(said(&there)), Some(said(&here))],
            };
            self.told(&name, change, told, true);
            match change {
                Outcome::Theirs | Outcome::Alike => lines.extend(there),
                Outcome::Yours => lines.extend(here),
                Outcome::Clash => match self.pick() {
                    Pick::Theirs => lines.extend(there),
                    Pick::Yours => lines.extend(here),
                    Pick::Both => lines.extend(there.into_iter().chain(here)),
                },
            }
        }
        lines.join("\n")
    }
}

fn whole(message: &Option<ChatMessage>) -> String {
    match message {
        None => "removed".to_owned(),
        Some(message) if message.content.texts().any(|text| !text.is_empty()) => message.content.text(),
        Some(message) => shown(message),
    }
}

/// The texts of three messages that are alike in all else, each with its counterparts.
fn in_one_form(three: [&ChatMessage; 3]) -> Option<Vec<[&str; 3]>> {
    let [parent, theirs, yours] = three.map(|message| with_texts(message, Vec::new()));
    if parent != theirs || parent != yours {
        return None;
    }
    let [parent, theirs, yours] = three.map(|message| message.content.texts().collect::<Vec<_>>());
    Some(parent.into_iter().zip(theirs).zip(yours).map(|((parent, theirs), yours)| [parent, theirs, yours]).collect())
}

/// A message with other texts in the places of its own; empty ones where there are too few.
fn with_texts(message: &ChatMessage, texts: Vec<String>) -> ChatMessage {
    let mut texts = texts.into_iter();
    let mut next = || texts.next().unwrap_or_default();
    let content = match &message.content {
        Content::Text(_) => Content::Text(next()),
        Content::Parts(parts) => Content::Parts(
            parts
                .iter()
                .map(|part| match part {
                    Part::Text { .. } => Part::Text { text: next() },
                    other => other.clone(),
                })
                .collect(),
        ),
    };
    ChatMessage {
        role: message.role,
        content,
        tool_calls: message.tool_calls.clone(),
        tool_call_id: message.tool_call_id.clone(),
    }
}

#[cfg(test)]
mod tests;
