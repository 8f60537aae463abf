//! From a request to a sequence that can start, off the decoding thread.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender};

use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;

use crate::batch::Input;
use crate::grammar::{GrammarState, Grammars};
use crate::output::Output;
use crate::protocol::{CheckError, Event, Generate, Grammar};
use crate::sampler::Sampler;
use crate::sequence::Prepared;
use crate::text::OutputText;
use crate::vocabulary::Vocabulary;

/// What is asked of the preparer.
pub(crate) enum Task {
    Generate { id: u64, request: Generate },
    Check { id: u64, request: Generate },
}

/// Checks requests and makes sequences of them.
pub(crate) struct Preparer {
    pub(crate) model: &'static LlamaModel,
    pub(crate) vocabulary: &'static Vocabulary,
    pub(crate) output: Output,
    pub(crate) inputs: Sender<Input>,
    pub(crate) context_tokens: u32,
    pub(crate) default_max_tokens: u32,
}

impl Preparer {
    /// Runs until no more tasks can come.
    pub(crate) fn run(&self, tasks: &Receiver<Task>) {
        // Only who uses grammars pays for the walk over the vocabulary.
        let mut grammars = None;
        while let Ok(task) = tasks.recv() {
            match task {
                Task::Generate { id, request } => {
                    match self.guarded(|| self.prepare(id, request, &mut grammars)) {
                        Ok(prepared) => {
                            let prepared = Input::Prepared(Box::new(prepared));
                            self.inputs.send(prepared).expect("the main thread ends last");
                        }
                        Err(error) => {
                            // Forget it there: it was announced.
                            let _ = self.inputs.send(Input::Cancel(id));
                            self.output.send(&[Event::Update { id, update: error.into_update() }]);
                        }
                    }
                }
                Task::Check { id, request } => {
                    let result = self.guarded(|| {
                        let (prompt, _, _) = self.check(&request, &mut grammars)?;
                        Ok(prompt.len() as u32)
                    });
                    self.output.send(&[Event::Checked { id, result }]);
                }
            }
        }
    }

    /// A request that makes our code panic ends by itself, not with everyone else's.
    fn guarded<T>(&self, work: impl FnOnce() -> Result<T, CheckError>) -> Result<T, CheckError> {
        catch_unwind(AssertUnwindSafe(work))
            .unwrap_or_else(|_| Err(CheckError::Internal("the request could not be prepared".to_owned())))
    }

    fn prepare(&self, id: u64, request: Generate, grammars: &mut Option<Grammars>) -> Result<Prepared, CheckError> {
        let (prompt, max_tokens, grammar) = self.check(&request, grammars)?;
        Ok(Prepared {
            id,
            prompt,
            max_tokens,
            sampler: Sampler::new(request.sampling),
            grammar,
            output: OutputText::new(request.stop),
            logprobs: request.logprobs,
        })
    }

    /// The prompt's tokens, the tokens of output at most, and the compiled grammar.
    fn check(
        &self,
        request: &Generate,
        grammars: &mut Option<Grammars>,
    ) -> Result<(Vec<LlamaToken>, u32, Option<GrammarState>), CheckError> {
        let context_tokens = self.context_tokens;
        let overflow = |prompt_tokens| CheckError::ContextOverflow {
            prompt_tokens: u32::try_from(prompt_tokens).unwrap_or(u32::MAX),
            max_tokens: request.max_tokens.unwrap_or(1),
            context_tokens,
        };
        let prompt = self
            .vocabulary
            .prompt(&request.messages, context_tokens as usize)
            .map_err(CheckError::BadMessages)?
            .map_err(overflow)?;
        let left = u32::try_from(prompt.len()).ok().and_then(|used| context_tokens.checked_sub(used));
        let max_tokens = match (left, request.max_tokens) {
            (Some(left), Some(wanted)) if wanted <= left => wanted,
            (Some(left @ 1..), None) => left.min(self.default_max_tokens),
            _ => return Err(overflow(prompt.len())),
        };
        let grammar = request.grammar.as_ref();
        let grammar = grammar.map(|grammar| self.compile(grammar, grammars)).transpose()?;
        Ok((prompt, max_tokens, grammar))
    }

    fn compile(&self, grammar: &Grammar, grammars: &mut Option<Grammars>) -> Result<GrammarState, CheckError> {
        let grammars = match grammars {
            Some(grammars) => grammars,
            None => grammars.insert(Grammars::new(self.model).map_err(CheckError::Internal)?),
        };
        grammars.compile(grammar).map_err(CheckError::BadGrammar)
    }
}
