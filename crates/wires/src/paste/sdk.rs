//! The call of a vendor's SDK in a program: found among its other code, its arguments read as literals.

use std::collections::hash_map::Entry;

use domain::{ApiError, ClientWire};

use super::left::Left;
use super::literal::{Literals, Named, Scope};
use super::object::{Object, object};
use super::scan::{Token, Tokens, Tongue, comment_end, line_of, name_at};
use super::why;

/// How far a statement is looked at to know whether it assigns something, in bytes.
const STATEMENT_BYTES_MAX: usize = 400;
/// Methods that change what they are called on.
const CHANGING: [&str; 8] = ["append", "extend", "insert", "update", "push", "unshift", "splice", "pop"];
/// Arguments that are not sent in the body: how to send it. Nothing is lost with them.
const SENDING: [&str; 3] = ["timeout", "max_retries", "idempotency_key"];
/// Arguments that are not sent in the body, and that say something.
const BESIDE: [&str; 8] =
    ["extra_headers", "extra_query", "betas", "headers", "api_key", "api_base", "organization", "text_format"];

/// A call as found.
pub(super) struct Found<'a> {
    pub tongue: Tongue,
    pub wire: ClientWire,
    pub body: Object<'a>,
}

/// The first call in a program; none where there is none.
///
/// # Errors
/// Where its arguments cannot be read.
pub(super) fn find<'a>(text: &'a str, left: &mut Left) -> Result<Option<Found<'a>>, ApiError> {
    for tongue in [Tongue::Python, Tongue::Script] {
        let survey = Survey::of(text, tongue);
        let Some((wire, at)) = survey.call else { continue };
        if let Some(line) = survey.another {
            left.add(format!("the call on line {line}"), why::ANOTHER_CALL);
        }
        let mut reader = Literals::new(text, tongue, &survey.scope, left);
        (reader.at, reader.open) = (at, 1);
        let body = match tongue {
            Tongue::Python => Some(reader.arguments()?),
            Tongue::Script => reader.value()?,
        };
        let Some(mut body) = body.and_then(object) else { return Err(elsewhere(line_of(text, at))) };
        beside(&mut body, left);
        return Ok(Some(Found { tongue, wire, body }));
    }
    Ok(None)
}

fn elsewhere(line: usize) -> ApiError {
    domain::fields::invalid(format!("What the call on line {line} sends is not in the text. Nothing was done."))
        .hint("Paste the lines that it is put together in, too; what is computed cannot be read.")
}

/// Takes what an SDK sends beside the body out of it, and what it is told to add into it.
fn beside(body: &mut Object<'_>, left: &mut Left) {
    if let Some(extra) = body.take_object("extra_body") {
        for (name, value) in extra.0 {
            body.0.retain(|(known, _)| *known != name);
            body.0.push((name, value));
        }
    }
    for name in SENDING {
        body.take(name);
    }
    for name in BESIDE {
        if body.take(name).is_some() {
            left.add(name, if name == "api_key" { why::KEY } else { why::BESIDE });
        }
    }
}

/// What stands in a program: its first call, and the names that come before it.
struct Survey<'a> {
    tongue: Tongue,
    scope: Scope<'a>,
    /// Its wire, and where its arguments begin.
    call: Option<(ClientWire, usize)>,
    /// The line of a second one.
    another: Option<usize>,
}

impl<'a> Survey<'a> {
    fn of(text: &'a str, tongue: Tongue) -> Self {
        let mut survey = Self { tongue, scope: Scope::new(), call: None, another: None };
        let mut tokens = Tokens::new(text, 0, tongue);
        let (mut chain, mut open): (Vec<&str>, usize) = (Vec::new(), 0);
        let (mut is_joined, mut is_first) = (false, true);
        while let Some((at, token)) = tokens.next() {
            match token {
                Token::Name(name) => {
                    if !is_joined {
                        chain.clear();
                        let is_declared = matches!(name, "const" | "let" | "var" | "export" | "await");
                        if is_first && !is_declared && (open == 0 || tongue == Tongue::Script) {
                            survey.statement(text, tokens.at, name);
                        }
                        is_first = is_first && is_declared;
                    }
                    chain.push(name);
                    is_joined = false;
                    continue;
                }
                Token::Mark(b'.' | b'?' | b'!') if !chain.is_empty() => {
                    is_joined = true;
                    continue;
                }
                // A chain of calls may go over several lines.
                Token::Line
                    if !chain.is_empty() && text[tokens.at..].trim_start_matches([' ', '\t']).starts_with('.') =>
                {
                    continue;
                }
                Token::Mark(b'(') => {
                    open += 1;
                    survey.called(&chain, tokens.at, at, text);
                }
                Token::Mark(b'[' | b'{') => open += 1,
                Token::Mark(b')' | b']' | b'}') => open = open.saturating_sub(1),
                _ => {}
            }
            is_first = matches!(token, Token::Line | Token::Mark(b';' | b'{' | b'}'));
            chain.clear();
            is_joined = false;
        }
        survey
    }

    fn called(&mut self, chain: &[&'a str], after: usize, at: usize, text: &str) {
        if let (None, [name, method]) = (self.call, chain)
            && CHANGING.contains(method)
            && let Some(named) = self.scope.get_mut(name)
        {
            *named = Named::Changed;
        }
        if let Some(wire) = method(chain).filter(|_| takes_arguments(text, after, self.tongue)) {
            match self.call {
                None => self.call = Some((wire, after)),
                Some(_) if self.another.is_none() => self.another = Some(line_of(text, at)),
                Some(_) => {}
            }
        }
    }

    /// Notes what a statement that begins with a name, which ends at `at`, does to it.
    fn statement(&mut self, text: &'a str, at: usize, name: &'a str) {
        let mut end = text.len().min(at + STATEMENT_BYTES_MAX);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let rest = &text[at..end];
        let rest = rest.split(['\n', ';']).next().unwrap_or(rest);
        let Some(place) = assignment(rest) else { return };
        let between = rest[..place].trim();
        let is_plain = between.is_empty() || between.starts_with(':');
        if !is_plain {
            // A part of it, or something added to it.
            if self.call.is_none()
                && let Some(named) = self.scope.get_mut(name)
            {
                *named = Named::Changed;
            }
            return;
        }
        match self.scope.entry(name) {
            Entry::Vacant(entry) => drop(entry.insert(Named::At(at + place + 1))),
            Entry::Occupied(mut entry) if self.call.is_none() => drop(entry.insert(Named::Changed)),
            Entry::Occupied(_) => {}
        }
    }
}

/// Where in a statement the `=` stands that assigns.
fn assignment(rest: &str) -> Option<usize> {
    let bytes = rest.as_bytes();
    let byte = |at: usize| bytes.get(at).copied();
    (0..bytes.len()).take_while(|at| !matches!(byte(*at), Some(b'"' | b'\'' | b'`' | b'('))).find(|at| {
        byte(*at) == Some(b'=')
            && !matches!(byte(at + 1), Some(b'=' | b'>'))
            && !matches!(at.checked_sub(1).and_then(byte), Some(b'=' | b'!' | b'<' | b'>'))
    })
}

/// Whether what follows a call's bracket is what the language has there: names with values, or an object.
fn takes_arguments(text: &str, after: usize, tongue: Tongue) -> bool {
    let mut at = after;
    loop {
        let rest = &text[at..];
        let blanks = rest.len() - rest.trim_start().len();
        match comment_end(text, at, tongue) {
            Some(end) => at = end,
            None if blanks > 0 => at += blanks,
            None => break,
        }
    }
    let rest = &text[at..];
    let name = name_at(rest);
    let behind = rest[name.len()..].trim_start();
    let is_named = !name.is_empty() && behind.starts_with('=') && !behind.starts_with("==");
    match tongue {
        Tongue::Python => is_named || rest.starts_with("**"),
        Tongue::Script => rest.starts_with('{') || !name.is_empty() && !is_named,
    }
}

/// The wire that a method speaks.
fn method(chain: &[&str]) -> Option<ClientWire> {
    let chain: Vec<_> = chain
        .iter()
        .copied()
        .filter(|name| !matches!(*name, "with_raw_response" | "with_streaming_response"))
        .collect();
    let (method, chain) = chain.split_last()?;
    if !matches!(*method, "create" | "acreate" | "stream" | "parse") || chain.contains(&"threads") {
        return None;
    }
    match chain {
        [.., "chat", "completions"] | [.., "ChatCompletion"] => Some(ClientWire::Chat),
        [.., "completions"] | [.., "Completion"] => Some(ClientWire::Completions),
        [.., "responses"] => Some(ClientWire::Responses),
        [.., "messages"] => Some(ClientWire::Messages),
        _ => None,
    }
}
