//! `GET /docs`: the document of the API as a page, and a form for each operation that tries it here.
//!
//! Plain HTML that is built from the document once; the page's own style sheet, and one script (`islands/src/docs.ts`)
//! for what needs one: search, copying, the forms.

mod form;
mod frame;
pub mod html;
mod operation;
mod schema;
mod snippets;

use std::sync::LazyLock;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use serde_json::Value;

use super::openapi;
use crate::state::AppState;
use html::{escape, line, prose};
use operation::Operation;
use schema::Outline;

/// Everything comes from this server, and nothing else runs. No inline script, no inline style.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

static MAIN: LazyLock<String> = LazyLock::new(|| main(openapi::document()));

/// Gives the page.
pub async fn page(State(state): State<AppState>, headers: HeaderMap) -> Response {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("127.0.0.1:3000");
    let main = MAIN.replace(snippets::HOST, &escape(host));
    let mut response = Html(frame::of(&state.leptos, &main)).into_response();
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}

/// What stands in the page's frame: the table of contents and the areas.
fn main(document: &Value) -> String {
    let operations = Operation::all(document);
    let tags = document["tags"].as_array().into_iter().flatten();
    let (mut contents, mut areas) = (String::new(), String::new());
    for tag in tags {
        let name = tag["name"].as_str().unwrap_or_default();
        let id = format!("area-{}", name.to_lowercase().replace(' ', "-"));
        let of_tag: Vec<_> = operations.iter().filter(|operation| operation.tag() == name).collect();
        let entries: String = of_tag.iter().map(|operation| operation.entry()).collect();
        let articles: String = of_tag.iter().map(|operation| operation.article()).collect();
        contents += &format!(
            r##"<li class="docs__group"><a class="docs__area" href="#{id}">{name}</a><ul role="list">{entries}</ul></li>"##
        );
        let about = prose(tag["description"].as_str().unwrap_or_default());
        areas += &format!(
            r#"<section class="docs__section" id="{id}" aria-labelledby="{id}-h" tabindex="-1"><header class="docs__about"><h2 id="{id}-h">{name}</h2>{about}</header>{articles}</section>"#
        );
    }
    let info = &document["info"];
    format!(
        r##"<nav class="docs__nav" aria-label="Contents"><details class="docs__contents" open><summary>Contents</summary><div class="search docs__search live-only"><input class="input" type="search" id="docs-search" placeholder="Search" aria-label="Search operations" autocomplete="off" spellcheck="false"><p class="docs__found" role="status"></p></div><ul class="docs__list" role="list"><li class="docs__group"><a class="docs__area" href="#overview">Overview</a></li>{contents}<li class="docs__group"><a class="docs__area" href="#schemas">Schemas</a></li></ul></details></nav><div class="docs__page" tabindex="0" role="region" aria-label="API reference"><section class="docs__section" id="overview" tabindex="-1"><header class="docs__about"><h1>{} API</h1><p>{}</p>{}</header></section>{areas}{}<p class="docs__none" hidden>Nothing fits. Try a path, a field or a word of the summary.</p></div>"##,
        line(info["title"].as_str().unwrap_or_default()),
        line(info["summary"].as_str().unwrap_or_default()),
        prose(info["description"].as_str().unwrap_or_default()),
        schemas(document),
    )
}

/// Every named schema, so that what the articles do not show can be found.
fn schemas(document: &Value) -> String {
    let outline = Outline::new(document, 0);
    let all = document["components"]["schemas"].as_object().into_iter().flatten();
    let rows: String = all
        .map(|(name, schema)| {
            let about = schema["description"].as_str().map(prose).unwrap_or_default();
            let inside = outline.inside(schema);
            let kind = if inside.is_empty() { format!("<p>{}</p>", outline.kind(schema)) } else { inside };
            format!(r#"<details class="docs__schema" id="schema-{name}"><summary><code>{name}</code></summary>{about}{kind}</details>"#)
        })
        .collect();
    format!(
        r#"<section class="docs__section" id="schemas" aria-labelledby="schemas-h" tabindex="-1"><header class="docs__about"><h2 id="schemas-h">Schemas</h2><p>Everything that has a name in the document.</p></header>{rows}</section>"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_has_an_article_an_entry_and_a_form() {
        let document = openapi::document();
        let page = main(document);
        let operations = Operation::all(document);
        assert!(operations.len() > 20, "only {} operations", operations.len());
        for operation in operations {
            let id = operation.id();
            assert!(page.contains(&format!("<article class=\"op\" id=\"{id}\"")), "no article {id}");
            assert!(page.contains(&format!("href=\"#{id}\">")), "no entry {id}");
            let forms = format!("data-method=\"{}\" data-path=\"{}\"", operation.method.to_uppercase(), operation.path);
            assert_eq!(page.contains(&forms), !operation.is_upgrade(), "the form of {id}");
        }
    }

    #[test]
    fn every_link_leads_somewhere_and_nothing_is_inline() {
        let page = main(openapi::document());
        for link in page.split("href=\"#").skip(1) {
            let id = link.split('"').next().unwrap_or_default();
            assert!(page.contains(&format!("id=\"{id}\"")), "#{id} leads nowhere");
        }
        assert!(!page.contains("<script") && !page.contains("style="), "the policy forbids it");
    }
}
