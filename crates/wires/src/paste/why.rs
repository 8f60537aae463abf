//! Why something was left out, as sentences that people read.

pub const AS_IT_IS: &str = "It has no field here; it goes along as it is, under provider options.";
pub const NO_PLACE: &str = "A run has no place for it.";
pub const KEY: &str = "A key is never kept; the provider's own is used.";
pub const HEADER: &str = "Headers are not part of a run.";
pub const QUERY: &str = "What an address has behind the question mark is not part of a run, and may hold a key.";
pub const BESIDE: &str = "It is not part of the body that is sent.";
pub const USER: &str = "The server sends the end user's id by itself.";
pub const KEPT: &str = "What is kept is decided here, not by the provider.";
pub const EARLIER: &str = "The earlier conversation is with the provider, not in the text.";
pub const TOOL: &str = "Tools that a provider runs by itself have no place in a run; functions have.";
pub const REPLACED: &str = "OpenAI has replaced it by `tools`.";
pub const ONLY_TEXT: &str = "Runs keep text only.";
pub const ONLY_THERE: &str = "Only OpenAI's responses have it.";
pub const FILE: &str = "It is a file of the provider's, not in the text.";
pub const ANSWER: &str = "It belongs to an answer.";
pub const PLACEHOLDER: &str = "A program puts messages in there.";
pub const EVALUATION: &str = "It is there to judge answers; a playground has no place for it.";
pub const ANOTHER: &str = "One paste is one playground; this is another prompt or version.";
pub const ANOTHER_CALL: &str = "One paste is one playground; the first call was read.";
pub const ANOTHER_COMMAND: &str = "One paste is one playground; the first command was read.";
pub const COMPUTED: &str = "The program computes it when it runs.";
pub const CHANGED: &str = "The program assigns it more than once, or changes it before the call.";
pub const ELSEWHERE: &str = "What its name stands for is not in the text.";
pub const VARIABLE: &str = "What its name stands for is not in the text; it is a variable of that name here.";
pub const EXPANDED: &str = "The shell puts a value there when the command runs; here it stands as it is written.";
pub const REFERENCE: &str = "The prompt that it refers to is at OpenAI; its text is not in what was pasted.";
