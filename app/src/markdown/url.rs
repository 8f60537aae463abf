//! Which addresses a model may link to, and what host a link really goes to.

/// Longest address that is made a link.
const URL_MAX: usize = 2048;

/// An address that passed: the `href`, and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub href: String,
    pub host: String,
    /// The host could be taken for another one: credentials in front of it, or letters beyond ASCII.
    pub tricky: bool,
}

/// Admits an address with an allowed scheme, written without tricks.
///
/// Allowed are `http`, `https` and `mailto`, each absolute. Browsers drop white space and control characters
/// inside an address before they read its scheme, so any of them disqualifies it.
pub(super) fn admit(address: &str) -> Option<Target> {
    if address.len() > URL_MAX || address.chars().any(|c| c.is_whitespace() || c.is_control() || hidden(c)) {
        return None;
    }
    let (scheme, rest) = address.split_once(':')?;
    if scheme.eq_ignore_ascii_case("mailto") {
        let mailbox = rest.split('?').next().unwrap_or_default();
        let host = mailbox.rsplit_once('@')?.1.to_ascii_lowercase();
        let tricky = !host.is_ascii();
        return Some(Target { href: address.to_owned(), host, tricky });
    }
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return None;
    }
    // A backslash is a slash to browsers: `https://evil.example\@good.example` goes to evil.example.
    let rest = rest.strip_prefix("//")?;
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let (credentials, place) = authority.rsplit_once('@').map_or((false, authority), |(_, place)| (true, place));
    let host = host_of(place).to_ascii_lowercase();
    if host.is_empty() || host.contains(['<', '>', '"', '%', '^', '|', '{', '}']) {
        return None;
    }
    let tricky = credentials || !host.is_ascii();
    Some(Target { href: address.to_owned(), host, tricky })
}

/// The host without its port; an IPv6 address keeps its brackets.
fn host_of(place: &str) -> &str {
    match place.strip_prefix('[').and_then(|rest| rest.find(']')) {
        Some(end) => &place[..end + 2],
        None => place.split(':').next().unwrap_or_default(),
    }
}

fn hidden(c: char) -> bool {
    super::invisible::name(c).is_some() || ('\u{FDD0}'..='\u{FDEF}').contains(&c)
}

/// True if a link's text names a host that its address does not go to.
pub(super) fn misleads(text: &str, target: &Target) -> bool {
    if target.tricky {
        return true;
    }
    let text: String = text.chars().filter(|c| !hidden(*c)).map(|c| c.to_ascii_lowercase()).collect();
    text.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '(' | ')' | '<' | '>' | ',' | '[' | ']'))
        .filter_map(named_host)
        .any(|host| {
            host != target.host
                && host.strip_prefix("www.") != Some(&target.host)
                && target.host.strip_prefix("www.") != Some(&host)
        })
}

/// The host that a word names, if it looks like an address at all: dots between letters, or a scheme.
fn named_host(word: &str) -> Option<String> {
    let (scheme, rest) = word.split_once("://").map_or((false, word), |(_, rest)| (true, rest));
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let place = authority.rsplit_once('@').map_or(authority, |(_, place)| place);
    // Full stops of other scripts are read as dots, by people and by browsers (UTS #46).
    let host: String =
        host_of(place).chars().map(|c| if matches!(c, '。' | '．' | '｡' | '․') { '.' } else { c }).collect();
    let host = host.trim_matches(|c: char| !c.is_alphanumeric());
    let labels: Vec<&str> = host.split('.').collect();
    let last = labels.last()?;
    let dotted = labels.len() > 1 && labels.iter().all(|label| !label.is_empty());
    let named = dotted && last.chars().count() > 1 && last.chars().any(char::is_alphabetic);
    let address = dotted && labels.len() == 4 && labels.iter().all(|label| label.parse::<u8>().is_ok());
    (scheme || named || address).then(|| host.to_owned())
}

/// Where a bare `http(s)` address at the start of `text` ends, or nothing if there is none.
///
/// Like GFM's extended autolinks: closing punctuation belongs to the sentence, a closing bracket to the
/// address only where the address opened it.
pub(super) fn bare(text: &str) -> Option<usize> {
    let scheme = ["https://", "http://"]
        .into_iter()
        .find(|scheme| text.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme)))?;
    let stop = |c: char| {
        c.is_whitespace()
            || c.is_control()
            || hidden(c)
            || matches!(c, '<' | '>' | '"' | '`' | '|' | '\\' | '^' | '{' | '}')
            || matches!(
                c,
                '、' | '。'
                    | '，'
                    | '；'
                    | '：'
                    | '！'
                    | '？'
                    | '（'
                    | '）'
                    | '「'
                    | '」'
                    | '“'
                    | '”'
                    | '‘'
                    | '’'
                    | '…'
            )
    };
    let rest = &text[scheme.len()..];
    let mut end =
        rest.char_indices().take_while(|(at, c)| *at < URL_MAX && !stop(*c)).map(|(at, c)| at + c.len_utf8()).last()?;
    let (mut round, mut square) = (0_usize, 0_usize);
    for (at, byte) in rest[..end].bytes().enumerate() {
        let count = match byte {
            b'(' | b')' => &mut round,
            b'[' | b']' => &mut square,
            _ => continue,
        };
        match byte {
            b'(' | b'[' => *count += 1,
            _ if *count > 0 => *count -= 1,
            _ => {
                end = at;
                break;
            }
        }
    }
    let kept = rest[..end].trim_end_matches(['?', '!', '.', ',', ':', ';', '*', '_', '~', '\'', '$', '(', '[', '&']);
    kept.starts_with(|c: char| c.is_alphanumeric() || c == '[').then(|| scheme.len() + kept.len())
}
