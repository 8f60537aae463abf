//! What the mock plays, and how a model's name chooses it.

/// One answer's course.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Script {
    /// Milliseconds before the first token.
    pub ttft_ms: u64,
    /// Tokens a second; 0 sends them all at once.
    pub rate: f64,
    /// Tokens of the answer.
    pub tokens: u32,
    /// Cuts the connection after this many tokens.
    pub cut_after: Option<u32>,
}

impl Script {
    /// This script, changed as a model's name says: parts such as `ttft50`, `rate100`, `n200`, `cut30`.
    #[must_use]
    pub fn named(mut self, model: &str) -> Self {
        for part in model.split('-') {
            let digits = part.find(|c: char| c.is_ascii_digit()).unwrap_or(part.len());
            let (word, number) = part.split_at(digits);
            let Ok(number) = number.parse::<u32>() else { continue };
            match word {
                "ttft" => self.ttft_ms = number.into(),
                "rate" => self.rate = number.into(),
                "n" => self.tokens = number,
                "cut" => self.cut_after = Some(number),
                _ => {}
            }
        }
        self
    }

    /// The text of a token: numbered words, so that a lost, doubled or swapped one shows.
    #[must_use]
    pub fn token(index: u32) -> String {
        if index == 0 { "w0".into() } else { format!(" w{index}") }
    }

    /// When a token is due, in microseconds after the request.
    #[must_use]
    pub fn due_micros(&self, index: u32) -> u64 {
        let gap = if self.rate > 0.0 { 1_000_000.0 / self.rate } else { 0.0 };
        self.ttft_ms * 1_000 + (gap * f64::from(index)) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_models_name_chooses() {
        let usual = Script { ttft_ms: 50, rate: 50.0, tokens: 64, cut_after: None };
        assert_eq!(usual.named("large"), usual);
        let chosen = usual.named("mock-ttft5-rate100-n20-cut3");
        assert_eq!(chosen, Script { ttft_ms: 5, rate: 100.0, tokens: 20, cut_after: Some(3) });
        assert_eq!(chosen.due_micros(2), 25_000);
    }
}
