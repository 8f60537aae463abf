//! Addresses with a query.

use leptos_router::location::Url;

/// A page's address with the fields that say something; without a query where none does.
#[must_use]
pub fn with_query(path: &str, fields: &[(&str, &str)]) -> String {
    let said = fields.iter().filter(|(_, text)| !text.is_empty());
    let query: Vec<String> = said.map(|(name, text)| format!("{name}={}", escape(text))).collect();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{}", query.join("&")) }
}

/// On the server the router writes every sign as its number. These stand for nothing else (RFC 3986, 2.3): an id reads as
/// it is, and as the browser writes it.
fn escape(text: &str) -> String {
    Url::escape(text).replace("%5F", "_").replace("%2D", "-").replace("%2E", ".").replace("%7E", "~")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_as_it_is_and_what_would_be_misread_does_not() {
        assert_eq!(with_query("/runs", &[("with", ""), ("query", "")]), "/runs");
        let fields = [("model", ""), ("with", "run_01-2.3"), ("query", "a&b %5F")];
        assert_eq!(with_query("/runs", &fields), "/runs?with=run_01-2.3&query=a%26b%20%255F");
    }
}
