//! A curl command: what it sends, and where to. Keys in it are seen and left.

use domain::ApiError;
use domain::fields::invalid;

use super::left::Left;
use super::shell::{Command, Word, pipeline};

use super::why;
use super::windows::windows;

/// What a command sends.
#[derive(Debug, Default)]
pub(super) struct Sent {
    /// The address, without what stands behind a question mark.
    pub url: String,
    pub body: String,
}

/// Options of one letter that take a value.
const SHORT_WITH_VALUE: &str = "AbcCdDeEFHKmoPQrtTuUwxXyYz";

/// Long options that take a value, but for those that are read; a blank between them.
const LONG_WITH_VALUE: &str = "aws-sigv4 cacert capath cert cert-type ciphers config connect-timeout connect-to continue-at cookie \
    cookie-jar create-file-mode crlfile curves dns-servers dump-header engine expect100-timeout form \
    form-string happy-eyeballs-timeout-ms interface keepalive-time key key-type limit-rate max-filesize \
    max-redirs max-time netrc-file noproxy oauth2-bearer output output-dir pass pinnedpubkey proto \
    proto-default proxy proxy-header proxy-user range referer resolve retry retry-delay retry-max-time \
    speed-limit speed-time stderr tls-max tls13-ciphers unix-socket upload-file user user-agent write-out";

/// Headers that say nothing about the request: what it is, who sends it.
const PLAIN_HEADERS: [&str; 9] = [
    "accept",
    "accept-encoding",
    "accept-language",
    "anthropic-version",
    "connection",
    "content-length",
    "content-type",
    "host",
    "user-agent",
];

/// Headers that hold a secret.
const SECRET_HEADERS: [&str; 6] =
    ["api-key", "authorization", "cookie", "ocp-apim-subscription-key", "proxy-authorization", "x-api-key"];

/// Where a command begins that calls curl, and from where to read so that what is fed to it is read, too.
pub(super) fn find(text: &str) -> Option<usize> {
    text.match_indices("curl").find_map(|(at, word)| {
        let after = &text[at + word.len()..];
        let after = after.strip_prefix(".exe").unwrap_or(after);
        if !after.starts_with([' ', '\t', '\n', '\r', '\\', '^', '\u{a0}']) {
            return None;
        }
        // What stands before it on its line is a prompt, or a command of its own.
        let near = at.saturating_sub(BEFORE_BYTES_MAX);
        let begin = match text.as_bytes()[near..at].iter().rposition(|byte| *byte == b'\n') {
            Some(place) => near + place + 1,
            None if near == 0 => 0,
            None => return None,
        };
        let before = &text[begin..at];
        let is_fed = before.trim_end().ends_with('|')
            && ["cat ", "echo "].iter().any(|word| before.trim_start().starts_with(word));
        if is_fed {
            return Some(begin);
        }
        is_prompt(before).then_some(at)
    })
}

/// Longest text that a command may stand behind on its line, in bytes.
const BEFORE_BYTES_MAX: usize = 1_000;

fn is_prompt(before: &str) -> bool {
    let before = before.trim();
    let is_mark = |word: &str| {
        matches!(word, "$" | "%" | ">" | "#>" | "❯" | "sudo" | "time" | "|" | "&&" | ";" | "!" | "exec") || is_set(word)
    };
    before.ends_with(['|', ';', '(', '`']) || before.ends_with("&&") || before.split_whitespace().all(is_mark)
}

fn is_set(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    })
}

/// Reads the command that begins at a place.
///
/// # Errors
/// Where what it sends is not in the text.
pub(super) fn read(text: &str, at: usize, left: &mut Left) -> Result<Sent, ApiError> {
    let rest = &text[at..];
    let is_windows = !rest.contains(" \\\n") && [" ^\n", " ^\r\n", " ^\""].iter().any(|mark| rest.contains(mark));
    let command = if is_windows { windows(text, at) } else { fed(pipeline(text, at)) };
    if find(&text[command.end.min(text.len())..]).is_some() {
        left.add("another command", why::ANOTHER_COMMAND);
    }
    let mut asked = Asked { stdin: command.stdin, ..Asked::default() };
    let mut words = command.words.into_iter().skip(1).peekable();
    while let Some(word) = words.next() {
        if word.text == "--next" || word.text == "-:" {
            left.add("another command", why::ANOTHER_COMMAND);
            break;
        }
        if let Some(long) = word.text.strip_prefix("--") {
            let (name, glued) = match long.split_once('=') {
                Some((name, value)) => (name, Some(Word { text: value.to_owned(), is_expanded: word.is_expanded })),
                None => (long, None),
            };
            let takes = is_read(name) || LONG_WITH_VALUE.split(' ').any(|known| known == name);
            let value = if takes { glued.or_else(|| words.next()) } else { None };
            asked.option(name, value.unwrap_or_default(), left)?;
        } else if let Some(short) = word.text.strip_prefix('-').filter(|short| !short.is_empty()) {
            asked.short(short, &word, &mut words, left)?;
        } else {
            asked.url(word);
        }
    }
    asked.finish(left)
}

/// The command that calls curl, and what the one before it feeds it.
fn fed(mut commands: Vec<Command>) -> Command {
    let is_curl = |command: &Command| {
        let first = command.words.first().map_or("", |word| word.text.as_str());
        first.strip_suffix(".exe").unwrap_or(first) == "curl"
    };
    let place = commands.iter().position(is_curl).unwrap_or_default();
    let before = place.checked_sub(1).map(|before| std::mem::take(&mut commands[before]));
    let mut command = commands.swap_remove(place);
    if let (None, Some(before)) = (&command.stdin, before) {
        command.stdin = before.stdin.or_else(|| {
            let said = before.words.iter().skip(1).filter(|word| !word.text.starts_with('-'));
            let is_echo = before.words.first().is_some_and(|word| word.text == "echo");
            is_echo.then(|| Word {
                text: said.clone().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" "),
                is_expanded: said.clone().any(|word| word.is_expanded),
            })
        });
    }
    command
}

/// Whether a long option is read; each takes a value.
fn is_read(name: &str) -> bool {
    name.starts_with("data") || matches!(name, "json" | "header" | "request" | "url" | "url-query")
}

#[derive(Default)]
struct Asked {
    url: Option<String>,
    body: Option<Word>,
    stdin: Option<Word>,
}

impl Asked {
    fn url(&mut self, word: Word) {
        // An option that is not known may have had a value: what looks like an address is one.
        let is_address = |text: &str| text.contains("://") || text.contains('/');
        if self.url.as_ref().is_none_or(|url| !is_address(url)) {
            self.url = Some(word.text);
        }
    }

    /// Options of one letter, several behind one dash; the value of the last may be glued to it.
    fn short(
        &mut self,
        letters: &str,
        word: &Word,
        words: &mut impl Iterator<Item = Word>,
        left: &mut Left,
    ) -> Result<(), ApiError> {
        for (at, letter) in letters.char_indices() {
            if !SHORT_WITH_VALUE.contains(letter) {
                continue;
            }
            let glued = &letters[at + letter.len_utf8()..];
            let value = if glued.is_empty() {
                words.next().unwrap_or_default()
            } else {
                Word { text: glued.to_owned(), is_expanded: word.is_expanded }
            };
            let name = match letter {
                'd' => "data",
                'H' => "header",
                'F' => "form",
                'u' => "user",
                'b' => "cookie",
                _ => "",
            };
            return self.option(name, value, left);
        }
        Ok(())
    }

    fn option(&mut self, name: &str, value: Word, left: &mut Left) -> Result<(), ApiError> {
        match name {
            "data" | "data-ascii" | "data-binary" | "json" | "data-raw" | "data-urlencode" => {
                self.data(name, value)?;
            }
            "header" => header(&value.text, left),
            "url" => self.url(value),
            "user" | "oauth2-bearer" | "proxy-user" | "aws-sigv4" | "cookie" => {
                left.add(format!("the option `--{name}`"), why::KEY);
            }
            "form" | "form-string" => {
                return Err(invalid("The command sends a form; a model is asked in JSON. Nothing was done.".into()));
            }
            _ => {}
        }
        Ok(())
    }

    fn data(&mut self, name: &str, value: Word) -> Result<(), ApiError> {
        let value = match value.text.strip_prefix('@').filter(|_| name != "data-raw") {
            None => value,
            Some("-") => self.stdin.take().ok_or_else(|| {
                invalid("What the command sends comes from another program. Nothing was done.".into())
                    .hint("Paste the JSON itself.")
            })?,
            Some(_) => {
                return Err(invalid("What the command sends is in a file. Nothing was done.".into())
                    .hint("Paste the file's text: its JSON is recognised, too."));
            }
        };
        match &mut self.body {
            Some(body) => {
                body.text.push_str(if name == "json" { "" } else { "&" });
                body.text.push_str(&value.text);
                body.is_expanded |= value.is_expanded;
            }
            None => self.body = Some(value),
        }
        Ok(())
    }

    fn finish(self, left: &mut Left) -> Result<Sent, ApiError> {
        let Some(body) = self.body else {
            return Err(invalid("The command sends nothing, so it asks no model. Nothing was done.".into()));
        };
        if body.is_expanded {
            left.add("a value with `$` in the body", why::EXPANDED);
        }
        let url = self.url.unwrap_or_default();
        let (url, query) = url.split_once('?').map_or((url.as_str(), ""), |(url, query)| (url, query));
        if !query.is_empty() {
            left.add("the query of the address", why::QUERY);
        }
        let url = url.split('#').next().unwrap_or(url);
        Ok(Sent { url: url.to_owned(), body: body.text })
    }
}

fn header(line: &str, left: &mut Left) {
    let name = line.split([':', ';']).next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_token = |name: &str| {
        !name.is_empty() && name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    if !is_token(&name) {
        left.add("a header", why::HEADER);
    } else if SECRET_HEADERS.contains(&&*name) {
        left.add(format!("the header `{name}`"), why::KEY);
    } else if !PLAIN_HEADERS.contains(&&*name) {
        left.add(format!("the header `{name}`"), why::HEADER);
    }
}

/// The server in an address: never a user's name, a password or a path.
pub(super) fn host(url: &str) -> Option<String> {
    let (_, after) = url.split_once("://")?;
    let authority = after.split(['/', '?', '#', '}']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let is_host = |host: &str| {
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
        !host.is_empty() && host.len() <= 255 && host.bytes().all(is_part)
    };
    is_host(host).then(|| host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(text: &str) -> (Sent, Vec<String>) {
        let mut left = Left::default();
        let sent = read(text, find(text).expect("a command"), &mut left).expect("reads");
        (sent, left.finish().into_iter().map(|left| left.what).collect())
    }

    #[test]
    fn every_way_to_say_it_is_understood() {
        for text in [
            "curl https://e.org/v1/messages -d '{\"a\":1}'",
            "$ curl -sSLXPOST https://e.org/v1/messages -d'{\"a\":1}'",
            "curl --location --request POST 'https://e.org/v1/messages' \\\n--data-raw '{\"a\":1}'",
            "X=1 curl --url https://e.org/v1/messages --json '{\"a\"' --json ':1}'",
            "curl.exe -m 5 --max-time 9 -o out https://e.org/v1/messages#x --data=\"{\\\"a\\\":1}\"",
            "set -e\ncurl https://e.org/v1/messages -d @- <<'EOF'\n{\"a\":1}\nEOF\n",
            "cat <<EOF | curl https://e.org/v1/messages -d @-\n{\"a\":1}\nEOF\n",
            "echo '{\"a\":1}' | curl https://e.org/v1/messages -d @-",
            "A=$(curl https://e.org/v1/messages -d '{\"a\":1}')",
            "curl https://e.org/v1/messages ^\r\n  -d \"{\\\"a\\\":1}\"",
        ] {
            let (sent, left) = sent(text);
            assert_eq!((sent.url.as_str(), sent.body.trim()), ("https://e.org/v1/messages", "{\"a\":1}"), "{text}");
            assert!(left.is_empty(), "{text}: {left:?}");
        }
        for text in ["a curl x", "curly x", "# curl x", "print('curl x')"] {
            assert_eq!(find(text), None, "{text}");
        }
    }

    #[test]
    fn keys_are_left_and_said_to_be() {
        let text = "curl https://me:pw@e.org:8080/v1?key=SECRET -H 'Authorization: Bearer SECRET' -H \"x-api-key: SECRET\" \
                    -H 'Content-Type: application/json' -H 'anthropic-beta: b' -H '@SECRET' -u a:SECRET -b c=SECRET -d '{\"a\":\"$X\"}' -d \"$Y\"; curl b -d c";
        let (sent, left) = sent(text);
        assert_eq!(
            (sent.url.as_str(), host(&sent.url).as_deref()),
            ("https://me:pw@e.org:8080/v1", Some("e.org:8080"))
        );
        let want = [
            "another command",
            "the header `authorization`",
            "the header `x-api-key`",
            "the header `anthropic-beta`",
            "a header",
            "the option `--user`",
            "the option `--cookie`",
            "a value with `$` in the body",
            "the query of the address",
        ];
        assert_eq!(left, want);
    }

    #[test]
    fn what_is_not_in_the_text_is_asked_for() {
        for (text, part) in [
            ("curl x -d @body.json", "in a file"),
            ("curl x -d @-", "another program"),
            ("jq -n 1 | curl x -d @-", "another program"),
            ("curl x -F a=b", "a form"),
            ("curl x", "sends nothing"),
        ] {
            let error = read(text, find(text).expect("a command"), &mut Left::default()).expect_err(text);
            assert!(error.message.contains(part), "{error}");
        }
    }
}
