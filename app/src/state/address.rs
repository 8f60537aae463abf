//! Addresses with a query.

use leptos_router::params::ParamsMap;

/// A page's address with that query; without one where there is nothing to ask for.
#[must_use]
pub fn with_query(path: &str, query: &ParamsMap) -> String {
    let query = query.to_query_string();
    if query.len() < 2 {
        return path.to_owned();
    }
    // The router writes every sign as its number; these three stand for nothing else (RFC 3986, 2.3), and an id reads as
    // it is.
    format!("{path}{}", query.replace("%5F", "_").replace("%2D", "-").replace("%2E", "."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_as_it_is_and_what_would_be_misread_does_not() {
        let mut query = ParamsMap::new();
        assert_eq!(with_query("/runs", &query), "/runs");
        query.insert("with", "run_01-2.3&%5F".to_owned());
        assert_eq!(with_query("/runs", &query), "/runs?with=run_01-2.3%26%255F");
        assert_eq!(query.get("with").as_deref(), Some("run_01-2.3&%5F"));
    }
}
