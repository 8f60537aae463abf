//! The decode loop: sequences join and leave between two steps of one batch.
//!
//! A step decodes one token of each running sequence and a share of the prompts that are being
//! read, so that running streams go on while a long prompt comes in. Memory for prompt and
//! `max_tokens` is reserved before a sequence starts, so a running one never runs out; the others
//! wait, first come first served.

use std::collections::{HashSet, VecDeque};
use std::sync::mpsc::{Receiver, RecvError, TryRecvError};
use std::time::Instant;

use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::llama_batch::LlamaBatch;

use crate::output::Output;
use crate::pace::Pace;
use crate::protocol::{Event, Finish, QueueReason, Update};
use crate::sequence::{Prepared, Sequence};
use crate::vocabulary::Vocabulary;

/// Tokens of prompts in one step while other sequences run, at most. A step with so many takes about
/// 0.12 s with a model of 135M weights on two cores: that is the pause that a running stream sees.
pub(crate) const PROMPT_TOKENS_SHARED: usize = 32;

/// Tokens of prompts in one step while nothing else runs; also how long a cancel can wait. With
/// 64 tokens or more in a step (`GGML_FA_TILE_Q`) llama.cpp takes another attention kernel, and
/// the text of a run would depend more on its company.
pub(crate) const PROMPT_TOKENS_ALONE: usize = 48;

/// What reaches the loop.
pub(crate) enum Input {
    /// A generation was asked for; its prompt is being prepared elsewhere.
    Expect(u64),
    /// It can start.
    Prepared(Box<Prepared>),
    /// Nobody wants it any more.
    Cancel(u64),
}

struct Waiting {
    prepared: Prepared,
    /// What its client knows.
    told: Option<(u32, QueueReason)>,
}

/// The batch and everything that runs or waits in it.
pub(crate) struct Batcher<'a> {
    context: LlamaContext<'a>,
    vocabulary: &'a Vocabulary,
    output: Output,
    batch: LlamaBatch<'a>,
    expected: HashSet<u64>,
    waiting: VecDeque<Waiting>,
    running: Vec<Sequence>,
    slots_free: Vec<i32>,
    cells_free: u32,
    pace: Pace,
}

impl<'a> Batcher<'a> {
    pub(crate) fn new(
        context: LlamaContext<'a>,
        vocabulary: &'a Vocabulary,
        output: Output,
        cells: u32,
        sequences_max: u32,
    ) -> Self {
        let tokens_max = sequences_max as usize + PROMPT_TOKENS_ALONE;
        Self {
            context,
            vocabulary,
            output,
            batch: LlamaBatch::new(tokens_max, 1),
            expected: HashSet::new(),
            waiting: VecDeque::new(),
            running: Vec::new(),
            slots_free: (0..sequences_max.cast_signed()).rev().collect(),
            cells_free: cells,
            pace: Pace::default(),
        }
    }

    /// Runs until no more input can come.
    pub(crate) fn run(mut self, inputs: &Receiver<Input>) {
        while self.drain(inputs) {
            self.admit();
            if !self.running.is_empty() {
                self.step();
            }
        }
    }

    /// Takes what has come, and waits for it when nothing runs. Whatever waits then was refused
    /// by nothing but memory that is now free.
    fn drain(&mut self, inputs: &Receiver<Input>) -> bool {
        if self.running.is_empty() && self.waiting.is_empty() {
            match inputs.recv() {
                Ok(input) => self.take(input),
                Err(RecvError) => return false,
            }
        }
        loop {
            match inputs.try_recv() {
                Ok(input) => self.take(input),
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Disconnected) => return false,
            }
        }
    }

    fn take(&mut self, input: Input) {
        match input {
            Input::Expect(id) => {
                self.expected.insert(id);
            }
            Input::Prepared(prepared) => {
                if self.expected.remove(&prepared.id) {
                    self.waiting.push_back(Waiting { prepared: *prepared, told: None });
                }
            }
            Input::Cancel(id) => {
                self.expected.remove(&id);
                self.waiting.retain(|waiting| waiting.prepared.id != id);
                if let Some(at) = self.running.iter().position(|sequence| sequence.id() == id) {
                    let sequence = self.running.remove(at);
                    self.release(&sequence);
                }
            }
        }
    }

    fn release(&mut self, sequence: &Sequence) {
        self.context
            .clear_kv_cache_seq(Some(sequence.slot.cast_unsigned()), None, None)
            .expect("a slot is a small number");
        self.slots_free.push(sequence.slot);
        self.cells_free += sequence.cells();
    }

    /// Starts what there is memory for, in order, and tells the others where they stand.
    fn admit(&mut self) {
        let mut events = Vec::new();
        let mut tell = |id, update| events.push(Event::Update { id, update });
        while let Some(Waiting { prepared, .. }) = self.waiting.front()
            && prepared.cells() <= self.cells_free
            && let Some(slot) = self.slots_free.pop()
        {
            let Some(Waiting { prepared, .. }) = self.waiting.pop_front() else { break };
            let (id, max_tokens) = (prepared.id, prepared.max_tokens);
            let prompt_tokens = prepared.prompt.len() as u32;
            tell(id, Update::Started { prompt_tokens, cached_tokens: 0, max_tokens });
            self.cells_free -= prepared.cells();
            self.running.push(Sequence::new(prepared, slot));
            if max_tokens == 0 {
                let sequence = self.running.pop().expect("it was just pushed");
                self.release(&sequence);
                tell(id, Update::Done { finish: Finish::Length, output_tokens: 0, stop_sequence: None });
            }
        }
        let reason = if self.slots_free.is_empty() { QueueReason::Sequences } else { QueueReason::KvMemory };
        for (position, waiting) in (1..).zip(&mut self.waiting) {
            if waiting.told.replace((position, reason)) != Some((position, reason)) {
                tell(waiting.prepared.id, Update::Queued { position, reason });
            }
        }
        self.output.send(&events);
    }

    /// Decodes one batch and tells what came of it.
    #[expect(clippy::disallowed_methods, reason = "it times its own steps; what a run gives does not depend on it")]
    fn step(&mut self) {
        let began = Instant::now();
        let rows = self.fill();
        if let Err(error) = self.context.decode(&mut self.batch) {
            return self.fail_all(&format!("llama.cpp could not decode a batch: {error}"));
        }
        let mut events = Vec::new();
        let mut ended = Vec::new();
        for (index, row) in rows {
            let logits = self.context.get_logits_ith(row);
            let sequence = &mut self.running[index];
            let updates = sequence.pick(logits, self.vocabulary);
            if updates.last().is_some_and(Update::is_last) {
                ended.push(index);
            }
            let id = sequence.id();
            events.extend(updates.into_iter().map(|update| Event::Update { id, update }));
        }
        self.output.send(&events);
        self.pace.learn(self.batch.n_tokens(), began.elapsed());
        for index in ended.into_iter().rev() {
            let sequence = self.running.remove(index);
            self.release(&sequence);
        }
    }

    /// Fills the batch; gives the rows that will have logits, each with its sequence's index.
    fn fill(&mut self) -> Vec<(usize, i32)> {
        self.batch.clear();
        let reading = self.running.iter().filter(|sequence| sequence.prompt_left() > 0).count();
        let total = if reading < self.running.len() { self.pace.share() } else { PROMPT_TOKENS_ALONE };
        // Equal shares, so that a short prompt does not wait for a long one. With more prompts
        // than tokens each still gets one: there is room for one of every sequence.
        let mut left = total;
        let mut readers = reading;
        let mut rows = Vec::new();
        for (index, sequence) in self.running.iter_mut().enumerate() {
            let mut share = 0;
            if sequence.prompt_left() > 0 {
                share = left.div_ceil(readers).max(1);
                left = left.saturating_sub(share.min(sequence.prompt_left()));
                readers -= 1;
            }
            let (position, tokens, wants_logits) = sequence.advance(share);
            let last = tokens.len() - 1;
            for (offset, token) in tokens.into_iter().enumerate() {
                let position = i32::try_from(position + offset).expect("a context is smaller");
                let logits = wants_logits && offset == last;
                if logits {
                    rows.push((index, self.batch.n_tokens()));
                }
                self.batch.add(token, position, &[sequence.slot], logits).expect("the batch has room for every share");
            }
        }
        rows
    }

    /// Ends everything that runs: the cache is in a state that nobody knows.
    fn fail_all(&mut self, message: &str) {
        let ended = std::mem::take(&mut self.running);
        let events: Vec<_> = ended
            .iter()
            .map(|sequence| Event::Update { id: sequence.id(), update: sequence.failed(message.to_owned()) })
            .collect();
        self.output.send(&events);
        for sequence in &ended {
            self.release(sequence);
        }
        self.context.clear_kv_cache();
    }
}
