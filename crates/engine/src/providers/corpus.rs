//! The corpus of wire bytes (`tests/wires`), fed to a reader in portions of every kind.

use std::path::{Path, PathBuf};

use domain::{ApiError, FinishReason, ToolCall, Usage};
use serde::Deserialize;

use super::Update;
use super::answer::{Reader, testing};

/// What a right reader makes of a case.
#[derive(Debug, PartialEq, Deserialize)]
struct Expected {
    text: String,
    #[serde(default)]
    reasoning: String,
    #[serde(default)]
    tool_calls: Vec<ToolCall>,
    finish_reason: Option<FinishReason>,
    usage: Option<ExpectedUsage>,
    #[serde(default)]
    logprobs: usize,
    error: Option<ExpectedError>,
}

/// Usage as the corpus has it: `null` where the server does not tell.
#[derive(Debug, PartialEq, Deserialize)]
struct ExpectedUsage {
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    cached_input_tokens: Option<u64>,
    reasoning_tokens: Option<u64>,
}

impl ExpectedUsage {
    /// What is not told counts as none.
    fn told(&mut self) {
        for count in
            [&mut self.input_tokens, &mut self.output_tokens, &mut self.cached_input_tokens, &mut self.reasoning_tokens]
        {
            count.get_or_insert(0);
        }
    }
}

impl From<Usage> for ExpectedUsage {
    fn from(usage: Usage) -> Self {
        Self {
            input_tokens: Some(usage.input_tokens),
            output_tokens: Some(usage.output_tokens),
            cached_input_tokens: Some(usage.cached_input_tokens),
            reasoning_tokens: Some(usage.reasoning_tokens),
        }
    }
}

#[derive(Debug, PartialEq, Deserialize)]
struct ExpectedError {
    code: String,
    message: String,
}

/// Checks every case of a dialect.
pub fn check<R: Reader + 'static>(dialect: &str, reader: impl Fn() -> R) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wires").join(dialect);
    let cases = cases(&folder);
    assert!(!cases.is_empty(), "{} has no cases", folder.display());
    for case in cases {
        let bytes = std::fs::read(&case).expect("a case");
        let expected = std::fs::read_to_string(case.with_extension("expected.json")).expect("what to expect");
        let mut expected: Expected =
            serde_json::from_str(&expected).unwrap_or_else(|error| panic!("{case:?}: {error}"));
        expected.usage.iter_mut().for_each(ExpectedUsage::told);
        for size in [bytes.len(), 1, 2, 7, 64] {
            let updates = testing::read(reader(), bytes.chunks(size.max(1)).map(<[u8]>::to_vec).collect());
            let mut found = fold(updates);
            if let (Some(found), Some(expected)) = (&mut found.error, &mut expected.error)
                && found.message.contains(&expected.message)
            {
                found.message.clone_from(&expected.message);
            }
            assert_eq!(found, expected, "{}, in portions of {size}", case.display());
        }
    }
}

fn cases(folder: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|file| file.path());
    files.filter(|path| path.extension().is_some_and(|ending| ending == "sse")).collect()
}

fn fold(updates: Vec<Result<Update, ApiError>>) -> Expected {
    let mut found = Expected {
        text: String::new(),
        reasoning: String::new(),
        tool_calls: Vec::new(),
        finish_reason: None,
        usage: None,
        logprobs: 0,
        error: None,
    };
    for update in updates {
        assert!(found.finish_reason.is_none() && found.error.is_none(), "{update:?} after the end");
        match update {
            Ok(Update::Delta(delta, _)) if delta.index == 0 => {
                found.text += &delta.text;
                found.logprobs += delta.logprobs.len();
            }
            Ok(Update::Reasoning(delta)) => found.reasoning += &delta.text,
            Ok(Update::ToolCall(delta)) => {
                let index = delta.index as usize;
                if index == found.tool_calls.len() {
                    found.tool_calls.push(ToolCall::default());
                }
                let call = &mut found.tool_calls[index];
                call.id += &delta.id.unwrap_or_default();
                call.name += &delta.name.unwrap_or_default();
                call.arguments += &delta.arguments;
            }
            Ok(Update::Done { finish_reason, usage, .. }) => {
                found.finish_reason = Some(finish_reason);
                found.usage = usage.map(ExpectedUsage::from);
            }
            Ok(_) => {}
            Err(error) => {
                found.error = Some(ExpectedError { code: error.code.as_str().into(), message: error.message });
            }
        }
    }
    found
}
