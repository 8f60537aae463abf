//! Keys that stand in a text: a version cannot be changed later, so they are asked about before it is saved.

use std::ops::Range;

use super::draft::Draft;

/// How a key begins, and what is known of the rest.
struct Shape {
    begins: &'static str,
    /// Fewest characters after that.
    rest_min: usize,
    /// Whether there must be letters and digits: words that are joined by hyphens are no key.
    mixed: bool,
    /// What it is.
    kind: &'static str,
}

const fn shape(begins: &'static str, rest_min: usize, mixed: bool, kind: &'static str) -> Shape {
    Shape { begins, rest_min, mixed, kind }
}

/// Keys as their makers write them. The longer beginning stands before the shorter one that it contains.
const SHAPES: [Shape; 19] = [
    shape("sk-ant-", 20, true, "an Anthropic key"),
    shape("sk-", 20, true, "an API key"),
    shape("sk_live_", 16, true, "a Stripe key"),
    shape("rk_live_", 16, true, "a Stripe key"),
    shape("AKIA", 16, false, "an AWS key"),
    shape("ASIA", 16, false, "an AWS key"),
    shape("AIza", 30, true, "a Google key"),
    shape("github_pat_", 22, true, "a GitHub token"),
    shape("ghp_", 30, true, "a GitHub token"),
    shape("gho_", 30, true, "a GitHub token"),
    shape("ghu_", 30, true, "a GitHub token"),
    shape("ghs_", 30, true, "a GitHub token"),
    shape("ghr_", 30, true, "a GitHub token"),
    shape("glpat-", 20, true, "a GitLab token"),
    shape("hf_", 30, true, "a Hugging Face token"),
    shape("xoxb-", 10, true, "a Slack token"),
    shape("xoxp-", 10, true, "a Slack token"),
    shape("xoxa-", 10, true, "a Slack token"),
    shape("xapp-", 10, true, "a Slack token"),
];

/// How a private key begins and ends.
const PRIVATE_BEGIN: &str = "-----BEGIN ";
const PRIVATE_END: &str = "PRIVATE KEY-----";

/// Where a key was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Where {
    /// In the system prompt.
    System,
    /// In the message with that id, which is the n-th, from 1.
    Message(u32, usize),
    /// In the value of a variable, which would be kept as its default.
    Input(String),
    /// In a field of JSON: its id and its name.
    Field(&'static str, &'static str),
}

impl Where {
    /// What it is called in the middle of a sentence.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::System => "the system prompt".into(),
            Self::Message(_, number) => format!("message {number}"),
            Self::Input(name) => format!("the value of {{{{{name}}}}}"),
            Self::Field(_, name) => (*name).into(),
        }
    }

    /// Whether a variable can stand there.
    #[must_use]
    pub const fn takes_variables(&self) -> bool {
        matches!(self, Self::System | Self::Message(..))
    }
}

/// Something that looks like a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where it stands.
    pub place: Where,
    /// On which line, from 1.
    pub line: usize,
    /// In which bytes of the text.
    pub bytes: Range<usize>,
    /// How it begins.
    pub begins: &'static str,
    /// What it looks like.
    pub kind: &'static str,
}

impl Found {
    /// The line that it stands on, the key itself cut short.
    #[must_use]
    pub fn line_around(&self, text: &str) -> (String, String, String) {
        const AROUND_CHARS: usize = 40;
        let before = text[..self.bytes.start].rsplit('\n').next().unwrap_or_default();
        let after = text[self.bytes.end..].split('\n').next().unwrap_or_default();
        let skipped = before.chars().count().saturating_sub(AROUND_CHARS);
        let before: String = before.chars().skip(skipped).collect();
        let key: String = text[self.bytes.clone()].chars().take(self.begins.len() + 4).collect();
        (before, format!("{key}…"), after.chars().take(AROUND_CHARS).collect())
    }
}

/// The keys that stand in what would be saved, each once.
#[must_use]
pub fn find(draft: &Draft) -> Vec<Found> {
    let mut found = Vec::new();
    let mut look = |place: Where, text: &str| {
        for (bytes, begins, kind) in scan(text) {
            let line = text[..bytes.start].matches('\n').count() + 1;
            found.push(Found { place: place.clone(), line, bytes, begins, kind });
        }
    };
    look(Where::System, &draft.system);
    for (message, number) in draft.messages.iter().zip(1..) {
        look(Where::Message(message.id, number), &message.text);
    }
    let variables = draft.variables();
    for (name, value) in draft.inputs.iter().filter(|(name, _)| variables.contains(name)) {
        if !draft.unsaved.contains(name) {
            look(Where::Input(name.clone()), value);
        }
    }
    look(Where::Field("tools", "the tools"), &draft.tools);
    look(Where::Field("schema", "the schema"), &draft.format.schema);
    look(Where::Field("options", "the provider options"), &draft.options);
    found
}

/// The text in which a key was found.
#[must_use]
pub fn text_of<'d>(draft: &'d Draft, place: &Where) -> &'d str {
    let text = match place {
        Where::System => Some(&draft.system),
        Where::Message(id, _) => draft.messages.iter().find(|message| message.id == *id).map(|message| &message.text),
        Where::Input(name) => draft.inputs.get(name),
        Where::Field("tools", _) => Some(&draft.tools),
        Where::Field("schema", _) => Some(&draft.format.schema),
        Where::Field(..) => Some(&draft.options),
    };
    text.map(String::as_str).unwrap_or_default()
}

/// Puts a variable in the place of a key; its value stays in the draft and is never saved. A value of a variable is kept
/// out of what is saved.
pub fn take_out(draft: &mut Draft, found: &Found) {
    let key = text_of(draft, &found.place).get(found.bytes.clone()).unwrap_or_default().to_owned();
    if let Where::Input(name) = &found.place {
        draft.unsaved.insert(name.clone());
        return;
    }
    let same = draft.inputs.iter().find(|(name, value)| **value == key && draft.unsaved.contains(*name));
    let name = same.map_or_else(|| free_name(draft), |(name, _)| name.clone());
    let text = match &found.place {
        Where::System => Some(&mut draft.system),
        Where::Message(id, _) => {
            draft.messages.iter_mut().find(|message| message.id == *id).map(|message| &mut message.text)
        }
        Where::Input(_) | Where::Field(..) => None,
    };
    if let Some(text) = text.filter(|text| text.get(found.bytes.clone()).is_some()) {
        text.replace_range(found.bytes.clone(), &format!("{{{{{name}}}}}"));
        draft.unsaved.insert(name.clone());
        draft.inputs.insert(name, key);
    }
}

/// A name that no variable has.
#[must_use]
pub fn free_name(draft: &Draft) -> String {
    let taken = draft.variables();
    let is_free = |name: &String| !taken.contains(name) && !draft.inputs.contains_key(name);
    let more = (2_u32..).map(|number| format!("api_key_{number}"));
    std::iter::once("api_key".to_owned()).chain(more).find(is_free).unwrap_or_default()
}

/// What looks like a key in a text: where, how it begins, what it is.
fn scan(text: &str) -> Vec<(Range<usize>, &'static str, &'static str)> {
    let mut found: Vec<(Range<usize>, &'static str, &'static str)> = Vec::new();
    for shape in &SHAPES {
        for (start, _) in text.match_indices(shape.begins) {
            let inside_a_word = text[..start].chars().next_back().is_some_and(is_of_key);
            let rest = &text[start + shape.begins.len()..];
            let rest = &rest[..rest.find(|char| !is_of_key(char)).unwrap_or(rest.len())];
            let is_mixed = rest.contains(|char: char| char.is_ascii_digit()) && rest.contains(char::is_alphabetic);
            let bytes = start..start + shape.begins.len() + rest.len();
            let known = found.iter().any(|(other, ..)| other.start <= start && start < other.end);
            if !inside_a_word && !known && rest.len() >= shape.rest_min && (is_mixed || !shape.mixed) {
                found.push((bytes, shape.begins, shape.kind));
            }
        }
    }
    for (start, _) in text.match_indices(PRIVATE_BEGIN) {
        let line = text[start..].split('\n').next().unwrap_or_default();
        if !line.contains(PRIVATE_END) {
            continue;
        }
        // To the end of the block, or of the text where it was cut.
        let body = start + line.len();
        let end = text[body..].find(PRIVATE_END).map_or(text.len(), |at| body + at + PRIVATE_END.len());
        found.push((start..end, PRIVATE_BEGIN, "a private key"));
    }
    found.sort_by_key(|(bytes, ..)| bytes.start);
    found
}

const fn is_of_key(char: char) -> bool {
    char.is_ascii_alphanumeric() || matches!(char, '-' | '_')
}

#[cfg(test)]
mod tests {
    use domain::Role;

    use super::super::draft::DraftMessage;
    use super::*;

    const KEY: &str = "sk-proj-8hTq0abcdefghijklmnop1234";

    fn draft(text: &str) -> Draft {
        Draft { messages: vec![DraftMessage::new(7, Role::User, text)], ..Draft::default() }
    }

    #[test]
    fn e2_keys_are_found_as_their_makers_write_them() {
        let keys = [
            KEY,
            "sk-ant-api03-abcdefghijklmnop1234",
            "AKIAIOSFODNN7EXAMPLE",
            "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
            "xoxb-123456789012-abcdef",
            "AIzaSyA1234567890abcdefghijklmnopqrstuv",
        ];
        for key in keys {
            let text = format!("first\ncurl -H \"authorization: Bearer {key}\" x");
            let found = scan(&text);
            assert_eq!(found.len(), 1, "{key}");
            assert_eq!(&text[found[0].0.clone()], key);
        }
        let block = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----";
        let text = format!("a\n{block}\nb");
        assert_eq!(&text[scan(&text)[0].0.clone()], block);
    }

    #[test]
    fn e2_words_that_only_begin_like_a_key_are_none() {
        for text in [
            "risk-management-and-compliance-team",
            "sk-loading-spinner-container-large",
            "sk-short1",
            "AKIA is how they begin",
            "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----",
            "a task-0123456789abcdefghijkl",
        ] {
            assert_eq!(scan(text), [], "{text}");
        }
    }

    #[test]
    fn e2_a_key_becomes_a_variable_whose_value_is_not_saved() {
        let mut draft = draft(&format!("one\nuse {KEY} twice: {KEY}"));
        draft.system = "{{api_key}}".into();
        let found = find(&draft);
        assert_eq!((found.len(), found[0].line, &found[0].place), (2, 2, &Where::Message(7, 1)));
        let (before, key, _) = found[0].line_around(&draft.messages[0].text);
        assert_eq!((before.as_str(), key.as_str()), ("use ", "sk-proj…"));
        take_out(&mut draft, &found[0]);
        let again = find(&draft);
        take_out(&mut draft, &again[0]);
        assert_eq!(draft.messages[0].text, "one\nuse {{api_key_2}} twice: {{api_key_2}}");
        assert_eq!(draft.inputs["api_key_2"], KEY);
        assert!(find(&draft).is_empty() && draft.content().expect("content").inputs.is_empty());
    }

    #[test]
    fn e2_a_key_that_is_a_value_is_kept_out() {
        let mut draft = draft("{{token}}");
        draft.inputs.insert("token".into(), KEY.into());
        let found = find(&draft);
        assert_eq!(found[0].place, Where::Input("token".into()));
        take_out(&mut draft, &found[0]);
        assert!(find(&draft).is_empty());
        assert_eq!(draft.inputs["token"], KEY);
    }
}
