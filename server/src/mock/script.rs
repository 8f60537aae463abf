//! What the mock plays, and how a model's name chooses it.

use clap::Args;
use engine::Clock;
use serde_json::Value;

/// Characters of a token that repeats what was said.
const ECHO_CHARS: usize = 5;

/// One answer's course. Each part can be set for all answers by a flag, and for one by its model's name:
/// `mock-ttft50-rate100-n200-cut30` waits 50 ms, then sends 100 tokens a second, 200 of them, but cuts the connection
/// after 30.
#[derive(Args, Debug, Clone, Default, PartialEq)]
pub struct Script {
    /// Milliseconds before the first token.
    #[arg(long = "ttft-ms", default_value_t = 50)]
    pub ttft_ms: u64,
    /// Milliseconds before the head of the answer.
    #[arg(long, default_value_t = 0)]
    pub head_ms: u64,
    /// Tokens a second; 0 sends them all at once.
    #[arg(long, default_value_t = 50.0)]
    pub rate: f64,
    /// Milliseconds by which a token may be late.
    #[arg(long, default_value_t = 0)]
    pub jitter_ms: u64,
    /// Tokens of an answer; a request's limit lowers it.
    #[arg(long = "tokens", default_value_t = 64)]
    pub tokens: u32,
    /// Tokens of reasoning before it.
    #[arg(long, default_value_t = 0)]
    pub think: u32,
    /// Tool calls after it.
    #[arg(long, default_value_t = 0)]
    pub tools: u32,
    /// Cuts the connection after this many tokens.
    #[arg(long)]
    pub cut_after: Option<u32>,
    /// Says nothing more after this many tokens, and keeps the connection.
    #[arg(long)]
    pub stall_after: Option<u32>,
    /// Fails in the words of the wire after this many tokens.
    #[arg(long)]
    pub error_after: Option<u32>,
    /// Answers with this HTTP status.
    #[arg(long)]
    pub status: Option<u16>,
    /// Adds `retry-after`, in seconds.
    #[arg(long)]
    pub retry_after_s: Option<u32>,
    /// Milliseconds between two signs of life while nothing else is due; 0 sends none.
    #[arg(long, default_value_t = 0)]
    pub ping_ms: u64,
    /// Milliseconds that the connection stays open after the end.
    #[arg(long, default_value_t = 0)]
    pub slow_close_ms: u64,
    /// Sends one byte at a time.
    #[arg(long)]
    pub bytes: bool,
    /// Sends characters of several bytes, and cuts inside them.
    #[arg(long)]
    pub split: bool,
    /// Puts comments, unknown fields and unknown events between the events.
    #[arg(long)]
    pub junk: bool,
    /// Sends an event that is no JSON in place of the second token.
    #[arg(long)]
    pub garble: bool,
    /// Sends a line that never ends.
    #[arg(long)]
    pub endless: bool,
    /// Calls a stream of events a page of HTML.
    #[arg(long)]
    pub html: bool,
    /// Leaves the usage out.
    #[arg(long)]
    pub nousage: bool,
    /// Leaves the last event out.
    #[arg(long)]
    pub nodone: bool,
    /// Sends the end twice.
    #[arg(long)]
    pub twice: bool,
    /// Ends as the vendor's own filter does.
    #[arg(long)]
    pub filter: bool,
    /// Repeats the caller's credential in each error.
    #[arg(long)]
    pub leak: bool,
    /// Answers with the last message.
    #[arg(long)]
    pub echo: bool,
    /// Makes each token the time at which it leaves, in microseconds since 1970: `etude-bench` measures by it.
    #[arg(long)]
    pub stamp: bool,
    /// What is answered in place of numbered words.
    #[arg(skip)]
    said: Vec<String>,
    /// The stop sequence at which the answer ends.
    #[arg(skip)]
    pub stopped_by: Option<String>,
}

impl Script {
    /// This script, changed as a model's name says: parts such as `ttft50`, `n200`, `cut30`, `junk`.
    #[must_use]
    pub fn named(&self, model: &str) -> Self {
        let mut script = self.clone();
        let mut counted = false;
        for part in model.split('-') {
            let digits = part.find(|c: char| c.is_ascii_digit()).unwrap_or(part.len());
            let (word, number) = part.split_at(digits);
            match number.parse::<u32>() {
                Ok(number) => {
                    script.set(word, number);
                    counted |= word == "n";
                }
                Err(_) => script.switch(part),
            }
        }
        // An answer that calls tools says nothing else, unless it is told to.
        if script.tools > 0 && !counted {
            script.tokens = 0;
        }
        script
    }

    fn set(&mut self, word: &str, number: u32) {
        match word {
            "ttft" => self.ttft_ms = number.into(),
            "head" => self.head_ms = number.into(),
            "rate" => self.rate = number.into(),
            "jitter" => self.jitter_ms = number.into(),
            "n" => self.tokens = number,
            "think" => self.think = number,
            "tool" => self.tools = number,
            "cut" => self.cut_after = Some(number),
            "stall" => self.stall_after = Some(number),
            "err" => self.error_after = Some(number),
            "status" => self.status = u16::try_from(number).ok(),
            "retry" => self.retry_after_s = Some(number),
            "ping" => self.ping_ms = number.into(),
            "slowclose" => self.slow_close_ms = number.into(),
            _ => {}
        }
    }

    fn switch(&mut self, word: &str) {
        match word {
            "bytes" => self.bytes = true,
            "split" => self.split = true,
            "junk" => self.junk = true,
            "garble" => self.garble = true,
            "endless" => self.endless = true,
            "html" => self.html = true,
            "nousage" => self.nousage = true,
            "nodone" => self.nodone = true,
            "twice" => self.twice = true,
            "filter" => self.filter = true,
            "leak" => self.leak = true,
            "echo" => self.echo = true,
            "stamp" => self.stamp = true,
            _ => {}
        }
    }

    /// Takes the last message as the answer, where the script says so.
    pub fn hear(&mut self, messages: &[Value]) {
        if self.echo {
            let content = messages.last().map(|message| &message["content"]);
            let text = match content {
                Some(Value::Array(parts)) => parts.iter().filter_map(|part| part["text"].as_str()).collect(),
                content => content.and_then(Value::as_str).unwrap_or_default().to_owned(),
            };
            let chars: Vec<_> = text.chars().collect();
            self.said = chars.chunks(ECHO_CHARS).map(|chunk| chunk.iter().collect()).collect();
            self.tokens = u32::try_from(self.said.len()).unwrap_or(u32::MAX);
        }
    }

    /// Ends the answer before the token with which one of these texts would be whole.
    pub fn stop_at(&mut self, stops: &[String]) {
        let mut text = String::new();
        for index in 0..if stops.is_empty() { 0 } else { self.tokens } {
            text += &self.token(index);
            if let Some(stop) = stops.iter().find(|stop| text.contains(*stop)) {
                self.tokens = index;
                self.stopped_by = Some(stop.clone());
                return;
            }
        }
    }

    /// The text of a token: numbered words, so that a lost, doubled or swapped one shows.
    #[must_use]
    pub fn token(&self, index: u32) -> String {
        if self.stamp {
            return Clock::system().now_micros().to_string();
        }
        if let Some(said) = self.said.get(index as usize) {
            return said.clone();
        }
        numbered(if self.split { "ä" } else { "w" }, index)
    }

    /// The text of a token of reasoning.
    #[must_use]
    pub fn thought(&self, index: u32) -> String {
        numbered("t", index)
    }

    /// When a token is due, in microseconds after the request.
    #[must_use]
    pub fn due_micros(&self, index: u32) -> u64 {
        let gap = if self.rate > 0.0 { 1_000_000.0 / self.rate } else { 0.0 };
        // The same lateness for the same token each time: a test that fails can be run again.
        let late = match self.jitter_ms * 1_000 {
            0 => 0,
            most => u64::from(index).wrapping_mul(2_654_435_761) % most,
        };
        self.ttft_ms * 1_000 + (gap * f64::from(index)) as u64 + late
    }
}

fn numbered(word: &str, index: u32) -> String {
    if index == 0 { format!("{word}0") } else { format!(" {word}{index}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_models_name_chooses() {
        let usual = Script { ttft_ms: 50, rate: 50.0, tokens: 64, ..Script::default() };
        assert_eq!(usual.named("large"), usual);
        let chosen = usual.named("mock-ttft5-rate100-n20-cut3-junk");
        let want = Script { ttft_ms: 5, rate: 100.0, tokens: 20, cut_after: Some(3), junk: true, ..usual.clone() };
        assert_eq!(chosen, want);
        assert_eq!(chosen.due_micros(2), 25_000);
        assert_eq!((usual.named("mock-tool2").tokens, usual.named("mock-n3-tool2").tokens), (0, 3));
    }

    #[test]
    fn jitter_is_bounded() {
        let script = Script { jitter_ms: 3, ..Script::default() };
        assert!((0..1_000).all(|index| script.due_micros(index) < 3_000));
    }
}
