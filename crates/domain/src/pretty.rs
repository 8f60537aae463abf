//! JSON for reading: line breaks and indents between the tokens, every token as it was written.
//!
//! Reading it into values and writing those would sort the keys and round the numbers: what is shown as the exact
//! request must be it.

/// Spaces for each level.
const INDENT: usize = 2;

/// The same JSON with a line for each member and each element.
#[must_use]
pub fn pretty(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let mut depth = 0_usize;
    let mut chars = json.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '"' => {
                out.push(char);
                let mut escaped = false;
                for char in chars.by_ref() {
                    out.push(char);
                    match char {
                        '"' if !escaped => break,
                        '\\' => escaped = !escaped,
                        _ => escaped = false,
                    }
                }
            }
            '{' | '[' => {
                out.push(char);
                while chars.next_if(|next| next.is_ascii_whitespace()).is_some() {}
                if let Some(close) = chars.next_if(|next| matches!(next, '}' | ']')) {
                    out.push(close);
                } else {
                    depth += 1;
                    break_line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                break_line(&mut out, depth);
                out.push(char);
            }
            ',' => {
                out.push(char);
                break_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            space if space.is_ascii_whitespace() => {}
            other => out.push(other),
        }
    }
    out
}

fn break_line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', depth * INDENT));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a7_only_the_space_between_tokens_changes() {
        let exact = r#"{"z":1.0, "a":[ ],"b":{},"n":1e400,"text":"a, \"b\": {\\","list":[1,{"x":null}]}"#;
        let shown = "{\n  \"z\": 1.0,\n  \"a\": [],\n  \"b\": {},\n  \"n\": 1e400,\n  \"text\": \"a, \\\"b\\\": {\\\\\",\n  \"list\": [\n    1,\n    {\n      \"x\": null\n    }\n  ]\n}";
        assert_eq!(pretty(exact), shown);
        assert_eq!(pretty("not {json"), "not{\n  json");
    }
}
