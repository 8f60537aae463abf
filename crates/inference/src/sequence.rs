//! One generation while it runs in the batch.

use llama_cpp_2::token::LlamaToken;

use crate::grammar::GrammarState;
use crate::protocol::{FailureKind, Finish, Update};
use crate::sampler::Sampler;
use crate::text::{OutputText, Shown};
use crate::vocabulary::{Vocabulary, llama};

/// A generation that can start as soon as there is memory for it.
pub(crate) struct Prepared {
    pub(crate) id: u64,
    pub(crate) prompt: Vec<LlamaToken>,
    pub(crate) max_tokens: u32,
    pub(crate) sampler: Sampler,
    pub(crate) grammar: Option<GrammarState>,
    pub(crate) output: OutputText,
    pub(crate) logprobs: Option<u8>,
}

impl Prepared {
    /// Cells of the KV cache that are reserved for it, in tokens.
    pub(crate) fn cells(&self) -> u32 {
        self.prompt.len() as u32 + self.max_tokens
    }
}

/// A generation that holds memory.
pub(crate) struct Sequence {
    prepared: Prepared,
    /// Its name in the KV cache.
    pub(crate) slot: i32,
    /// Tokens in the KV cache.
    decoded: usize,
    /// The token that was picked last and is not in the KV cache yet.
    picked: Option<LlamaToken>,
    output_tokens: u32,
}

impl Sequence {
    pub(crate) fn new(prepared: Prepared, slot: i32) -> Self {
        Self { prepared, slot, decoded: 0, picked: None, output_tokens: 0 }
    }

    pub(crate) fn id(&self) -> u64 {
        self.prepared.id
    }

    pub(crate) fn cells(&self) -> u32 {
        self.prepared.cells()
    }

    /// Tokens of the prompt that are not in the KV cache yet.
    pub(crate) fn prompt_left(&self) -> usize {
        self.prepared.prompt.len().saturating_sub(self.decoded)
    }

    /// Takes the tokens to decode next: the one that was picked, or up to `prompt_share` of the
    /// prompt. Gives the position of the first, the tokens, and whether to compute logits for the
    /// last.
    pub(crate) fn advance(&mut self, prompt_share: usize) -> (usize, Vec<LlamaToken>, bool) {
        let position = self.decoded;
        let tokens = match self.picked.take() {
            Some(token) => vec![token],
            None => {
                let rest = &self.prepared.prompt[position..];
                rest[..rest.len().min(prompt_share)].to_vec()
            }
        };
        self.decoded += tokens.len();
        (position, tokens, self.decoded >= self.prepared.prompt.len())
    }

    /// Picks the next token and tells what came of it; the last update ends the sequence.
    pub(crate) fn pick(&mut self, logits: &[f32], vocabulary: &Vocabulary) -> Vec<Update> {
        let mut broken = None;
        let grammar = &mut self.prepared.grammar;
        let token = self.prepared.sampler.pick(logits, |logits| {
            broken = grammar.as_mut().and_then(|grammar| grammar.restrict(logits).err());
        });
        if let Some(message) = broken {
            return vec![self.failed(message)];
        }
        if vocabulary.is_end(token) {
            return self.finished(Finish::Stop);
        }
        let complete = match self.prepared.grammar.as_mut().map(|grammar| grammar.accept(token)) {
            Some(Err(message)) => return vec![self.failed(message)],
            Some(Ok(complete)) => complete,
            None => false,
        };
        self.output_tokens += 1;
        self.picked = Some(llama(token));
        let logprob = self.prepared.logprobs.map(|count| vocabulary.logprob(logits, token, count));
        let shown = self.prepared.output.push(&vocabulary.bytes(token), logprob);
        let stop_sequence = shown.stopped.clone();
        let mut updates = self.delta(shown);
        if stop_sequence.is_some() {
            updates.push(self.done(Finish::Stop, stop_sequence));
        } else if complete {
            updates.extend(self.finished(Finish::Stop));
        } else if self.output_tokens >= self.prepared.max_tokens {
            updates.extend(self.finished(Finish::Length));
        }
        updates
    }

    fn delta(&self, shown: Shown) -> Vec<Update> {
        if shown.text.is_empty() && shown.logprobs.is_empty() {
            return Vec::new();
        }
        vec![Update::Delta { text: shown.text, output_tokens: self.output_tokens, logprobs: shown.logprobs }]
    }

    fn finished(&mut self, finish: Finish) -> Vec<Update> {
        let shown = self.prepared.output.finish();
        let stop_sequence = shown.stopped.clone();
        let mut updates = self.delta(shown);
        updates.push(self.done(finish, stop_sequence));
        updates
    }

    fn done(&self, finish: Finish, stop_sequence: Option<String>) -> Update {
        Update::Done { finish, output_tokens: self.output_tokens, stop_sequence }
    }

    /// Ends it because of a defect.
    pub(crate) fn failed(&self, message: String) -> Update {
        Update::Failed { kind: FailureKind::Internal, message, output_tokens: self.output_tokens }
    }
}
