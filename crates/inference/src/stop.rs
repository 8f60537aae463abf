//! Turns the bytes of tokens into text that may be shown: whole characters, and nothing that
//! could still turn out to be a stop sequence.

/// Joins bytes into whole characters.
#[derive(Debug, Default)]
pub(crate) struct Utf8Joiner {
    tail: Vec<u8>,
}

impl Utf8Joiner {
    /// Takes bytes and gives every character that is complete; bytes that can never become one
    /// are U+FFFD.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> String {
        self.tail.extend_from_slice(bytes);
        let mut text = String::new();
        let mut rest = self.tail.as_slice();
        loop {
            match std::str::from_utf8(rest) {
                Ok(valid) => {
                    text.push_str(valid);
                    rest = &[];
                    break;
                }
                Err(error) => {
                    let (valid, invalid) = rest.split_at(error.valid_up_to());
                    text.push_str(std::str::from_utf8(valid).expect("valid up to here"));
                    rest = invalid;
                    let Some(length) = error.error_len() else { break };
                    text.push(char::REPLACEMENT_CHARACTER);
                    rest = &rest[length..];
                }
            }
        }
        self.tail = rest.to_vec();
        text
    }

    /// Gives what is left: the beginning of a character that never came.
    pub(crate) fn finish(&mut self) -> String {
        let tail = std::mem::take(&mut self.tail);
        String::from_utf8_lossy(&tail).into_owned()
    }
}

/// Holds text back that could be the start of a stop sequence.
#[derive(Debug, Default)]
pub(crate) struct StopScanner {
    stops: Vec<String>,
    held: String,
}

impl StopScanner {
    pub(crate) fn new(stops: Vec<String>) -> Self {
        Self { stops: stops.into_iter().filter(|stop| !stop.is_empty()).collect(), held: String::new() }
    }

    /// Takes text, gives what may be shown, and says which stop sequence was met: the one that
    /// is complete first, so that it does not matter how the text was cut into pieces.
    pub(crate) fn push(&mut self, text: &str) -> (String, Option<String>) {
        self.held.push_str(text);
        let met =
            self.stops.iter().filter_map(|stop| self.held.find(stop.as_str()).map(|at| (at + stop.len(), at, stop)));
        if let Some((_, start, stop)) = met.min() {
            let stop = stop.clone();
            let mut shown = std::mem::take(&mut self.held);
            shown.truncate(start);
            return (shown, Some(stop));
        }
        let keep = self.held.len() - self.undecided();
        let rest = self.held.split_off(keep);
        (std::mem::replace(&mut self.held, rest), None)
    }

    /// Gives what was held back, when no more text comes.
    pub(crate) fn finish(&mut self) -> String {
        std::mem::take(&mut self.held)
    }

    /// The length of the longest end of `held` that begins a stop sequence.
    fn undecided(&self) -> usize {
        let longest = self.stops.iter().map(|stop| stop.len() - 1).max().unwrap_or(0);
        let from = self.held.len().saturating_sub(longest);
        (from..self.held.len())
            .filter(|&at| self.held.is_char_boundary(at))
            .find(|&at| self.stops.iter().any(|stop| stop.starts_with(&self.held[at..])))
            .map_or(0, |at| self.held.len() - at)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The rule, a character at a time and without holding anything back.
    fn reference(text: &str, stops: &[String]) -> (String, bool) {
        for end in 0..=text.len() {
            if !text.is_char_boundary(end) {
                continue;
            }
            let met = stops.iter().filter(|stop| !stop.is_empty() && text[..end].ends_with(*stop));
            if let Some(longest) = met.map(String::len).max() {
                return (text[..end - longest].to_owned(), true);
            }
        }
        (text.to_owned(), false)
    }

    proptest! {
        #[test]
        fn stops_however_the_text_is_cut(
            pieces in prop::collection::vec("[abé]{0,3}", 0..12),
            stops in prop::collection::vec("[abé]{0,4}", 0..4),
        ) {
            let mut scanner = StopScanner::new(stops.clone());
            let mut shown = String::new();
            let mut stopped = false;
            for piece in &pieces {
                let (text, stop) = scanner.push(piece);
                shown.push_str(&text);
                // What is held is never longer than it has to be.
                prop_assert!(stops.iter().any(|s| s.starts_with(&scanner.held)) || scanner.held.is_empty());
                if stop.is_some() {
                    stopped = true;
                    break;
                }
            }
            if !stopped {
                shown.push_str(&scanner.finish());
            }
            prop_assert_eq!((shown, stopped), reference(&pieces.concat(), &stops));
        }

        #[test]
        fn joins_characters_however_the_bytes_are_cut(text in "\\PC{0,20}", cuts in prop::collection::vec(1..4usize, 0..60)) {
            let mut joiner = Utf8Joiner::default();
            let mut joined = String::new();
            let mut rest = text.as_bytes();
            for cut in cuts.into_iter().chain(std::iter::repeat(2)) {
                if rest.is_empty() {
                    break;
                }
                let (piece, after) = rest.split_at(cut.min(rest.len()));
                joined.push_str(&joiner.push(piece));
                rest = after;
            }
            joined.push_str(&joiner.finish());
            prop_assert_eq!(joined, text);
        }

        #[test]
        fn invalid_bytes_are_replaced_as_the_standard_library_does(
            pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..4), 0..12),
        ) {
            let mut joiner = Utf8Joiner::default();
            let mut joined: String = pieces.iter().map(|piece| joiner.push(piece)).collect();
            joined.push_str(&joiner.finish());
            prop_assert_eq!(joined, String::from_utf8_lossy(&pieces.concat()).into_owned());
        }
    }
}
