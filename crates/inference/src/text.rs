//! The output of one sequence: from tokens to deltas.

use crate::protocol::TokenLogprob;
use crate::stop::{StopScanner, Utf8Joiner};

/// What may be shown after a token.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Shown {
    pub(crate) text: String,
    pub(crate) logprobs: Vec<TokenLogprob>,
    /// The stop sequence that was met.
    pub(crate) stopped: Option<String>,
}

/// Joins, scans, and keeps each token's log probability until its text is shown.
#[derive(Debug)]
pub(crate) struct OutputText {
    joiner: Utf8Joiner,
    scanner: StopScanner,
    /// Bytes that were decoded and bytes that were shown.
    decoded: usize,
    shown: usize,
    /// Where each token's text begins, and its log probability.
    held: Vec<(usize, TokenLogprob)>,
}

impl OutputText {
    pub(crate) fn new(stops: Vec<String>) -> Self {
        Self { joiner: Utf8Joiner::default(), scanner: StopScanner::new(stops), decoded: 0, shown: 0, held: Vec::new() }
    }

    /// Takes a token's bytes.
    pub(crate) fn push(&mut self, bytes: &[u8], logprob: Option<TokenLogprob>) -> Shown {
        self.held.extend(logprob.map(|logprob| (self.decoded, logprob)));
        let text = self.joiner.push(bytes);
        self.decoded += text.len();
        let (text, stopped) = self.scanner.push(&text);
        self.shown += text.len();
        let count = self.held.iter().take_while(|(start, _)| *start < self.shown).count();
        let logprobs = self.held.drain(..count).map(|(_, logprob)| logprob).collect();
        Shown { text, logprobs, stopped }
    }

    /// Gives all that was held back: no more tokens come.
    pub(crate) fn finish(&mut self) -> Shown {
        let tail = self.joiner.finish();
        let (mut text, stopped) = self.scanner.push(&tail);
        if stopped.is_some() {
            return Shown { text, logprobs: Vec::new(), stopped };
        }
        text.push_str(&self.scanner.finish());
        let logprobs = self.held.drain(..).map(|(_, logprob)| logprob).collect();
        Shown { text, logprobs, stopped }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logprob(token: &str) -> Option<TokenLogprob> {
        Some(TokenLogprob { token: token.to_owned(), logprob: -1.0, top: Vec::new() })
    }

    fn names(shown: &Shown) -> Vec<&str> {
        shown.logprobs.iter().map(|l| l.token.as_str()).collect()
    }

    #[test]
    fn a_log_probability_comes_with_its_text() {
        let mut output = OutputText::new(vec!["END".to_owned()]);
        let first = output.push(b"a", logprob("1"));
        assert_eq!((first.text.as_str(), names(&first)), ("a", vec!["1"]));
        let held = output.push(b"E", logprob("2"));
        assert_eq!((held.text.as_str(), names(&held)), ("", vec![]));
        let more = output.push(b"Nx", logprob("3"));
        assert_eq!((more.text.as_str(), names(&more)), ("ENx", vec!["2", "3"]));
    }

    #[test]
    fn a_stop_sequence_takes_its_log_probabilities_along() {
        let mut output = OutputText::new(vec!["END".to_owned()]);
        output.push(b"a", logprob("1"));
        output.push(b"bE", logprob("2"));
        let last = output.push(b"NDc", logprob("3"));
        assert_eq!((last.text.as_str(), names(&last), last.stopped.as_deref()), ("", vec![], Some("END")));
    }

    #[test]
    fn the_parts_of_a_character_come_together() {
        let mut output = OutputText::new(Vec::new());
        assert_eq!(output.push(&"é".as_bytes()[..1], logprob("1")).text, "");
        let whole = output.push(&"é".as_bytes()[1..], logprob("2"));
        assert_eq!((whole.text.as_str(), names(&whole)), ("é", vec!["1", "2"]));
    }

    #[test]
    fn the_end_gives_what_was_held() {
        let mut output = OutputText::new(vec!["END".to_owned()]);
        output.push(b"EN", logprob("1"));
        let last = output.finish();
        assert_eq!((last.text.as_str(), names(&last)), ("EN", vec!["1"]));
    }
}
