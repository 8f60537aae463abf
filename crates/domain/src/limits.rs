//! Every limit of the product, by name and unit. The page and the server read the same constant.

/// Most answers to one request (OpenAI's bound for `n`).
pub const CHOICES_MAX: u32 = 128;
/// Largest body of `/v1` and `/api`, and largest frame of the live connection, in bytes.
pub const INLINE_BODY_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Longest `request_id`, in bytes.
pub const REQUEST_ID_BYTES_MAX: usize = 256;
/// How long a `request_id` answers with the same run, in microseconds (24 hours, D2).
pub const REQUEST_ID_TTL_MICROS: i64 = 24 * 60 * 60 * 1_000_000;
/// Most messages in one run.
pub const MESSAGES_MAX: usize = 10_000;
/// Most stop sequences in one run.
pub const STOP_SEQUENCES_MAX: usize = 16;
/// Longest stop sequence, in bytes.
pub const STOP_SEQUENCE_BYTES_MAX: usize = 1024;
/// Most alternatives to a token that can be asked for.
pub const LOGPROBS_MAX: u8 = 20;
/// Longest variable name, in bytes.
pub const VARIABLE_NAME_BYTES_MAX: usize = 64;
/// Most data that the events of one run may have, in bytes: an answer without end must not eat the memory.
pub const RUN_LOG_BYTES_MAX: usize = 128 * 1024 * 1024;
/// Grace after the last reader of a run that is not to be kept going, in milliseconds (B4).
pub const READERLESS_GRACE_MS: u64 = 5_000;
/// How long the events of an ended run stay in memory, in milliseconds (B6).
pub const HOT_AFTER_END_MS: u64 = 5 * 60 * 1_000;
/// Runs at a time of the built-in user, where no tier named `default` is configured.
pub const BUILT_IN_CONCURRENT_RUNS: u32 = 16;
/// Wait that is suggested to one who is over the concurrency limit, in milliseconds.
pub const CONCURRENCY_RETRY_MS: u64 = 1_000;
/// Silence after which a stream is given a sign of life, in milliseconds.
pub const PING_EVERY_MS: u64 = 20_000;
/// Runs that one tab may tail at a time.
pub const LIVE_TAILS_MAX: usize = 256;
/// Runs on a page of `GET /v1/runs`, when nothing is said.
pub const RUNS_PAGE_DEFAULT: u32 = 50;
/// Most runs on a page of `GET /v1/runs`.
pub const RUNS_PAGE_MAX: u32 = 200;
/// Longest text that runs are searched for, in bytes.
pub const RUN_QUERY_BYTES_MAX: usize = 256;
/// Most words that runs are searched for at a time.
pub const RUN_QUERY_WORDS_MAX: usize = 16;
/// Most runs that are listed as continuing or retrying one run.
pub const CHILDREN_MAX: u32 = 50;
/// How long a deletion can be undone, in milliseconds.
pub const UNDO_MS: u64 = 30_000;
/// How long an import can be taken back, in microseconds (1 day).
pub const IMPORT_UNDO_MICROS: i64 = 24 * 60 * 60 * 1_000_000;
/// Largest picture in a message, in bytes.
pub const IMAGE_BYTES_MAX: usize = 5_000_000;
/// How long a draft that nobody changes is kept, in microseconds (30 days).
pub const DRAFT_TTL_MICROS: i64 = 30 * 24 * 60 * 60 * 1_000_000;
/// Most drafts that are kept for one person; beyond it the oldest go.
pub const DRAFTS_MAX: i64 = 500;
/// Longest text that drafts are searched for, in bytes.
pub const DRAFT_QUERY_BYTES_MAX: usize = 256;
/// Longest name of a provider that is added on the page, in bytes.
pub const PROVIDER_NAME_BYTES_MAX: usize = 64;
/// Longest address of one, in bytes.
pub const URL_BYTES_MAX: usize = 2_048;
/// Longest key of one, in bytes.
pub const API_KEY_BYTES_MAX: usize = 4_096;
/// Most models that are chosen of one provider.
pub const CHOSEN_MODELS_MAX: usize = 1_000;
/// Longest prompt whose tokens are counted exactly while it is typed, in bytes.
pub const COUNTED_BYTES_MAX: usize = 1024 * 1024;
/// Longest name of a model, in bytes.
pub const MODEL_NAME_BYTES_MAX: usize = 256;
/// Largest event of an upstream's stream, in bytes.
pub const UPSTREAM_EVENT_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Largest error body of an upstream that is read, in bytes.
pub const UPSTREAM_ERROR_BYTES_MAX: usize = 64 * 1024;
/// Largest list of models of an upstream that is read, in bytes.
pub const UPSTREAM_LIST_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Largest answer of an upstream that is passed on whole, in bytes.
pub const UPSTREAM_FORWARD_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Most models of one provider that are taken.
pub const UPSTREAM_MODELS_MAX: usize = 5_000;
/// Longest name of a prompt or a comparison, in characters.
pub const NAME_CHARS_MAX: usize = 200;
/// Longest description of a prompt, in characters.
pub const DESCRIPTION_CHARS_MAX: usize = 4_000;
/// Longest note of a version, in characters.
pub const NOTE_CHARS_MAX: usize = 2_000;
/// Most tags of a prompt.
pub const TAGS_MAX: usize = 32;
/// Longest tag, and longest label, in characters.
pub const TAG_CHARS_MAX: usize = 64;
/// Most labels of a prompt.
pub const LABELS_MAX: usize = 32;
/// Most versions of a prompt.
pub const VERSIONS_MAX: u32 = 100_000;
/// Prompts on a page of a list, when nothing is said.
pub const PROMPTS_PAGE_DEFAULT: u32 = 50;
/// Most prompts on a page of a list.
pub const PROMPTS_PAGE_MAX: u32 = 200;
/// Versions on a page of a list, when nothing is said; also the most.
pub const VERSIONS_PAGE_MAX: u32 = 1_000;
/// Longest text that prompts are searched for, in bytes.
pub const PROMPT_QUERY_BYTES_MAX: usize = 256;
/// How much of a prompt's text it is found by, in bytes.
pub const PROMPT_TEXT_BYTES_MAX: usize = 64 * 1024;
/// Most columns of a comparison; also how many of its runs may go on at a time (F2).
pub const COLUMNS_MAX: usize = 8;
/// Most rows of a grid.
pub const ROWS_MAX: usize = 10_000;
/// Most repetitions of each cell of a comparison.
pub const REPETITIONS_MAX: u32 = 20;
/// Most cells of a comparison: a full grid, once.
pub const CELLS_MAX: u64 = COLUMNS_MAX as u64 * ROWS_MAX as u64;
/// How much of an answer a cell shows, in characters.
pub const CELL_TEXT_CHARS_MAX: usize = 400;
/// Most cells that one frame of the live connection has.
pub const CELLS_FRAME_MAX: usize = 1_000;
/// Comparisons that one tab may watch at a time.
pub const WATCHES_MAX: usize = 16;
/// Most comparisons that a list shows.
pub const COMPARISONS_LISTED_MAX: u32 = 500;
/// Most runs of all comparisons of one user that go on at a time.
pub const COMPARED_RUNS_MAX: u32 = 64;
/// Most runs that clients have started in one comparison and that wait for a place.
pub const COMPARED_RUNS_WAITING_MAX: usize = 1_000;
/// Forecast above which a comparison asks for a cap, in micro-dollars, where nothing else is set.
pub const CAP_ASKED_ABOVE_MICROS: i64 = 1_000_000;
/// How long a link lasts where nothing is said, in seconds (a week).
pub const SHARE_TTL_S_DEFAULT: u64 = 7 * 24 * 60 * 60;
/// Longest that a link may last, in seconds (a year).
pub const SHARE_TTL_S_MAX: u64 = 365 * 24 * 60 * 60;
/// Shortest, in seconds.
pub const SHARE_TTL_S_MIN: u64 = 1;
/// Longest passphrase of a link, in bytes.
pub const PASSPHRASE_BYTES_MAX: usize = 256;
/// Wrong passphrases in a row after which a link waits before it takes another.
pub const PASSPHRASE_TRIES_MAX: u32 = 5;
/// Largest file that is imported, in bytes.
pub const IMPORT_BYTES_MAX: usize = 512 * 1024 * 1024;
