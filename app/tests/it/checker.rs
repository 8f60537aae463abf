//! Reads HTML as strictly as we write it: any tag, attribute or value that is not on the list is an error.

const VOID: &[&str] = &["br", "hr"];
const PHRASING: &[&str] = &["a", "bdi", "br", "code", "del", "em", "etude-math", "span", "strong"];
const BLOCKS: &[&str] = &["p", "h3", "h4", "h5", "h6", "ul", "ol", "blockquote", "hr", "etude-code", "etude-table"];

/// Checks that `html` is balanced, allowed and nested as HTML wants it. Returns its root elements.
pub fn check(html: &str) -> Result<usize, String> {
    let mut stack: Vec<&str> = Vec::new();
    let mut roots = 0;
    let mut rest = html;
    while !rest.is_empty() {
        let Some(at) = rest.find('<') else {
            text(rest, &stack)?;
            break;
        };
        text(&rest[..at], &stack)?;
        rest = &rest[at..];
        let end = rest.find('>').ok_or("unclosed tag")?;
        let tag = &rest[1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            if stack.pop() != Some(name) {
                return Err(format!("</{name}> closes nothing"));
            }
            continue;
        }
        let name = tag.split(' ').next().unwrap_or_default();
        nests(name, &stack)?;
        attributes(name, &tag[name.len()..])?;
        if stack.is_empty() {
            roots += 1;
        }
        if !VOID.contains(&name) {
            stack.push(name);
        }
        if stack.len() > 96 {
            return Err("too deep".to_owned());
        }
    }
    if stack.is_empty() { Ok(roots) } else { Err(format!("open: {stack:?}")) }
}

fn nests(name: &str, stack: &[&str]) -> Result<(), String> {
    let parent = stack.last().copied();
    let fits = match (parent, name) {
        (None, name) => BLOCKS.contains(&name),
        (Some("ul" | "ol"), name) => name == "li",
        (Some("li" | "blockquote"), name) => BLOCKS.contains(&name) || PHRASING.contains(&name),
        (Some("etude-code"), name) => name == "pre",
        (Some("pre"), name) => name == "code",
        (Some("etude-table"), name) => name == "table",
        (Some("table"), name) => name == "thead" || name == "tbody",
        (Some("thead" | "tbody"), name) => name == "tr",
        (Some("tr"), name) => name == "th" || name == "td",
        (Some("etude-math" | "bdi"), name) => name == "span",
        (Some("code"), name) => name == "span",
        (Some(_), name) => PHRASING.contains(&name),
    };
    let nested = name == "a" && stack.contains(&"a");
    if fits && !nested { Ok(()) } else { Err(format!("<{name}> in {stack:?}")) }
}

fn attributes(name: &str, mut rest: &str) -> Result<(), String> {
    let mut seen: Vec<&str> = Vec::new();
    while !rest.is_empty() {
        rest = rest.strip_prefix(' ').ok_or_else(|| format!("odd attributes: {rest}"))?;
        let key_end = rest.find(['=', ' ']).unwrap_or(rest.len());
        let key = &rest[..key_end];
        rest = &rest[key_end..];
        let value = match rest.strip_prefix("=\"") {
            Some(after) => {
                let end = after.find('"').ok_or("unclosed value")?;
                rest = &after[end + 1..];
                &after[..end]
            }
            None => "",
        };
        if value.contains(['<', '>', '\'', '\n', '\0']) {
            return Err(format!("unescaped value {value}"));
        }
        entities(value)?;
        let allowed = match (name, key) {
            ("a", "href") => scheme(value),
            ("a", "rel") => value == "noopener noreferrer nofollow ugc",
            ("a", "target") => value == "_blank",
            ("a", "referrerpolicy") => value == "no-referrer",
            ("etude-code", "dir") => value == "ltr",
            (_, "dir") => value == "auto",
            ("etude-code", "closed") | ("etude-math", "display") | ("li" | "blockquote", "data-joined") => {
                value.is_empty()
            }
            ("etude-code", "language") => {
                (1..=32).contains(&value.len())
                    && value.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"+#.-".contains(&b))
            }
            ("ol", "start") => value.parse::<u64>().is_ok_and(|start| start <= 999_999_999_999),
            ("td" | "th", "data-align") => matches!(value, "center" | "right"),
            ("span", "role") => value == "img",
            ("span", "aria-label") => matches!(value, "done" | "to do"),
            ("span", "class") => value == "invisible",
            ("span", "title") => value.starts_with("U+"),
            _ => false,
        };
        if !allowed || seen.contains(&key) {
            return Err(format!("<{name} {key}=\"{value}\">"));
        }
        seen.push(key);
    }
    let whole = name != "a" || seen == ["href", "rel", "target", "referrerpolicy"];
    if whole { Ok(()) } else { Err("link without its attributes".to_owned()) }
}

/// As a browser reads it: entities decoded, tabs and line breaks gone, leading controls gone.
fn scheme(value: &str) -> bool {
    let decoded = value
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&");
    if decoded.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return false;
    }
    let lower = decoded.to_ascii_lowercase();
    lower.starts_with("http://") || lower.starts_with("https://") || lower.starts_with("mailto:")
}

fn text(text: &str, stack: &[&str]) -> Result<(), String> {
    if text.contains(['>', '"', '\'', '\0', '\r']) {
        return Err(format!("unescaped text {text}"));
    }
    let inside = matches!(
        stack.last(),
        Some(&("ul" | "ol" | "table" | "thead" | "tbody" | "tr" | "etude-code" | "etude-table" | "pre")) | None
    );
    if inside && !text.is_empty() {
        return Err(format!("text {text:?} in {stack:?}"));
    }
    entities(text)
}

fn entities(text: &str) -> Result<(), String> {
    for after in text.split('&').skip(1) {
        if !["amp;", "lt;", "gt;", "quot;", "#39;"].iter().any(|entity| after.starts_with(entity)) {
            return Err(format!("unescaped & before {after:.20}"));
        }
    }
    Ok(())
}

/// Where child `index` of the block's container begins, and where the container's text ends.
pub fn child(html: &str, table: bool, index: usize) -> (usize, usize) {
    let level = if table { 3 } else { 1 };
    let (mut depth, mut at, mut children, mut found, mut end) = (0_usize, 0, 0, None, 0);
    let mut body = !table;
    while let Some(open) = html[at..].find('<') {
        let start = at + open;
        let close = start + html[start..].find('>').expect("tag ends");
        let tag = &html[start + 1..close];
        at = close + 1;
        if tag.starts_with('/') {
            depth -= 1;
            if body && depth + 1 == level {
                end = start;
                body = false;
            }
            continue;
        }
        let name = tag.split(' ').next().unwrap_or_default();
        if body && depth == level {
            if children == index {
                found = Some(start);
            }
            children += 1;
        }
        if !VOID.contains(&name) {
            depth += 1;
        }
        if name == "tbody" && depth == level {
            body = true;
            children = 0;
            found = None;
        }
    }
    (found.unwrap_or(end), end)
}
