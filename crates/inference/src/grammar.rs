//! Compiles JSON schemas to token masks, with llguidance.

use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::sampling::LlamaSampler;
use llguidance::api::TopLevelGrammar;
use llguidance::{Matcher, ParserFactory};
use serde_json::{Value, json};

use crate::protocol::Grammar;

/// What may stand between two tokens of JSON, once: a space, or a line break and its indent.
/// With no bound a small model can write line breaks until its tokens are used up.
const WHITESPACE: &str = r" |\n {0,16}";

/// Compiles grammars for one vocabulary.
pub(crate) struct Grammars {
    factory: ParserFactory,
}

impl Grammars {
    /// Walks the vocabulary: about 0.1 s for 49,152 tokens, once.
    pub(crate) fn new(model: &LlamaModel) -> Result<Self, String> {
        let tokens = LlamaSampler::llguidance_tok_env(model);
        let mut factory = ParserFactory::new_simple(&tokens).map_err(|error| error.to_string())?;
        factory.quiet();
        // Without the grammar's source and the output so far in the message.
        factory.limits_mut().verbose_errors = false;
        Ok(Self { factory })
    }

    /// Compiles a grammar, or says what is wrong with it.
    pub(crate) fn compile(&self, grammar: &Grammar) -> Result<GrammarState, String> {
        let mut schema = match grammar {
            Grammar::Json => json!({"type": "object"}),
            Grammar::JsonSchema(text) => {
                serde_json::from_str(text).map_err(|error| format!("it is not JSON: {error}"))?
            }
        };
        match &mut schema {
            Value::Object(members) => {
                members.insert("x-guidance".to_owned(), json!({"whitespace_pattern": WHITESPACE}));
            }
            Value::Bool(_) => {}
            _ => return Err("a schema is an object or a boolean".to_owned()),
        }
        let parser = self.factory.create_parser(TopLevelGrammar::from_json_schema(schema));
        let matcher = Matcher::new(parser);
        matcher.get_error().map_or(Ok(GrammarState { matcher }), Err)
    }
}

/// Where in its grammar a sequence is.
pub(crate) struct GrammarState {
    matcher: Matcher,
}

impl GrammarState {
    /// Sets the logits of all tokens that cannot come next to minus infinity; the end of the turn
    /// can come next where the sentence is complete.
    pub(crate) fn restrict(&mut self, logits: &mut [f32]) -> Result<(), String> {
        let mask = self.matcher.compute_mask_or_eos().map_err(|error| error.to_string())?;
        for (token, logit) in (0..).zip(logits) {
            if !mask.is_allowed(token) {
                *logit = f32::NEG_INFINITY;
            }
        }
        Ok(())
    }

    /// Takes the token that was picked, and says whether the sentence is complete and nothing can
    /// follow.
    pub(crate) fn accept(&mut self, token: u32) -> Result<bool, String> {
        self.matcher.consume_token(token).map_err(|error| error.to_string())?;
        Ok(self.matcher.is_stopped())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which of the texts, each of one token, can come after `before`; `None` is the end.
    fn allowed(schema: &str, before: &str, texts: [Option<&str>; 3]) -> [bool; 3] {
        let model = crate::load::vocabulary_for_tests();
        let grammars = Grammars::new(model).unwrap();
        let vocab = model.vocab();
        let mut state = grammars.compile(&Grammar::JsonSchema(schema.to_owned())).unwrap();
        for token in vocab.tokenize(before.as_bytes(), false, false) {
            state.accept(token.0.cast_unsigned()).unwrap();
        }
        let mut logits = vec![0.0; model.n_vocab() as usize];
        state.restrict(&mut logits).unwrap();
        texts.map(|text| {
            let token = text.map_or(vocab.eos(), |text| vocab.tokenize(text.as_bytes(), false, false)[0]);
            logits[token.0 as usize] == 0.0
        })
    }

    #[test]
    fn the_end_can_come_where_the_sentence_is_complete() {
        let next = [None, Some("2"), Some("a")];
        assert_eq!(allowed(r#"{"type": "integer"}"#, "", next), [false, true, false]);
        assert_eq!(allowed(r#"{"type": "integer"}"#, "4", next), [true, true, false]);
        assert_eq!(allowed(r#"{"type": "array"}"#, "[4", next), [false, true, false]);
        assert_eq!(allowed(r#"{"type": "array"}"#, "[4]", next), [true, false, false]);
    }

    #[test]
    fn white_space_has_an_end() {
        let next = [Some(" "), Some("\n"), Some("\"")];
        assert_eq!(allowed(r#"{"type": "object"}"#, "{", next), [true, true, true]);
        assert_eq!(allowed(r#"{"type": "object"}"#, "{\n", next), [true, false, true]);
    }
}
