//! A shelf that is made up: the same each time, and spread as words of any language are.

use std::fmt::Write;

use domain::{ChatMessage, PromptContent, Role};
use serde_json::{Value, json};

/// The words that names and texts are made of. Common ones and rare ones, as in any language: the nth word stands n times
/// less often than the first (Zipf's law), and each is followed by a syllable of its own, so that there are many.
const STEMS: [&str; 24] = [
    "review",
    "contract",
    "translate",
    "summary",
    "customer",
    "clause",
    "report",
    "invoice",
    "delivery",
    "question",
    "lesson",
    "policy",
    "ticket",
    "answer",
    "weekly",
    "market",
    "travel",
    "résumé",
    "grammar",
    "python",
    "garden",
    "größe",
    "music",
    "kitchen",
];
/// Distinct words.
pub const WORDS: usize = 60_000;
/// Words of a text.
pub const TEXT_WORDS: usize = 60;
/// Words of a long text: about as much as is searched of one, 64 KB.
const LONG_WORDS: usize = 6_500;
/// One prompt in so many has a long text.
pub const LONG_EVERY: usize = 1_000;
/// A word that stands at the end of long texts, and nowhere else.
pub const RARE: &str = "zugzwang";

/// A whole shelf, as one file of Etude's export.
pub struct Shelf {
    /// The file.
    pub file: String,
    /// Names of some of its prompts.
    pub names: Vec<String>,
}

impl Shelf {
    /// So many prompts, the first with so many versions.
    pub fn new(prompts: usize, versions: usize) -> Self {
        let mut dice = Dice(42);
        let mut names = Vec::new();
        let mut file = String::from(r#"{"format":"etude","version":1,"prompts":["#);
        for n in 0..prompts {
            if n > 0 {
                file.push(',');
            }
            let count = if n == 0 { versions } else { 1 };
            let name = sentence(&mut dice, 3);
            let text = |dice: &mut Dice| match n % LONG_EVERY {
                1 => format!("{} {RARE}", sentence(dice, LONG_WORDS)),
                _ => sentence(dice, TEXT_WORDS),
            };
            let versions: Vec<Value> = (1..=count).map(|at| version(n, at, text(&mut dice))).collect();
            let prompt = prompt(n, &name, &[dice.word()], &versions);
            write!(file, "{prompt}").expect("a string takes everything");
            if n % 100 == 0 {
                names.push(name);
            }
        }
        file.push_str(r#"],"runs":[],"comparisons":[]}"#);
        Self { file, names }
    }
}

/// The nth prompt's id.
pub fn prompt_id(n: usize) -> String {
    format!("prm_0190000000007000800000000{n:07x}")
}

/// A prompt as a file of Etude's export has it.
pub fn prompt(n: usize, name: &str, tags: &[String], versions: &[Value]) -> Value {
    json!({
        "id": prompt_id(n), "name": name, "description": "", "tags": tags, "favourite": false, "labels": {},
        "created_at": n, "updated_at": n, "versions": versions,
    })
}

/// A version of the nth prompt, with one message.
pub fn version(prompt: usize, number: usize, text: String) -> Value {
    let content = PromptContent {
        model: "smollm2-135m-instruct".into(),
        messages: vec![ChatMessage::text(Role::User, text)],
        ..PromptContent::default()
    };
    let canonical = content.canonical();
    let parent = (number > 1).then(|| number - 1);
    let content: Value = serde_json::from_str(&canonical).expect("canonical JSON is JSON");
    json!({
        "id": format!("ver_01900000000070008{number:04x}0000{prompt:07x}"), "version": number,
        "digest": engine::library::digest(&canonical), "parent": parent, "note": "", "author": "You",
        "created_at": number, "content": content,
    })
}

/// Random enough, and the same each time.
pub struct Dice(pub u64);

impl Dice {
    /// xorshift64 (Marsaglia, "Xorshift RNGs", 2003).
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below a bound.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() >> 11) as usize % bound
    }

    /// A word: the common ones come often.
    pub fn word(&mut self) -> String {
        let share = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        let rank = ((WORDS as f64).powf(share) - 1.0) as usize;
        let (stem, mut rest) = (STEMS[rank % STEMS.len()], rank / STEMS.len());
        let mut word = stem.to_owned();
        while rest > 0 {
            word.push(char::from(b'a' + (rest % 26) as u8));
            rest /= 26;
        }
        word
    }
}

/// So many words.
pub fn sentence(dice: &mut Dice, words: usize) -> String {
    (0..words).map(|_| dice.word()).collect::<Vec<_>>().join(" ")
}
