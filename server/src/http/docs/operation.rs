//! An operation as an article of the page: what it takes, what it answers, and how a program calls it.

use serde_json::Value;

use super::html::{code, escape, line, prose};
use super::schema::Outline;
use super::{form, snippets};

/// The methods that an operation may have.
const METHODS: [&str; 3] = ["get", "post", "delete"];
/// How many schemas stand inside each other in what is sent.
const SENT_DEPTH: usize = 6;
/// The same in what comes back.
const ANSWER_DEPTH: usize = 2;

/// An operation of the document.
#[derive(Clone, Copy)]
pub struct Operation<'a> {
    /// Its method, in lower case.
    pub method: &'a str,
    /// Its path, with `{id}` in it.
    pub path: &'a str,
    value: &'a Value,
    /// The parameters of all operations with its path.
    shared: &'a Value,
    document: &'a Value,
}

impl<'a> Operation<'a> {
    /// Every operation of a document, in its order.
    #[must_use]
    pub fn all(document: &'a Value) -> Vec<Self> {
        let paths = document["paths"].as_object().into_iter().flatten();
        paths
            .flat_map(|(path, item)| {
                let known = item.as_object().into_iter().flatten().filter(|(name, _)| METHODS.contains(&name.as_str()));
                known.map(move |(method, value)| Self { method, path, value, shared: &item["parameters"], document })
            })
            .collect()
    }

    /// Its name for programs, and its place on the page.
    #[must_use]
    pub fn id(&self) -> &'a str {
        self.value["operationId"].as_str().unwrap_or_default()
    }

    /// The area that it belongs to.
    #[must_use]
    pub fn tag(&self) -> &'a str {
        self.value["tags"][0].as_str().unwrap_or_default()
    }

    /// What it does, in a few words.
    #[must_use]
    pub fn summary(&self) -> &'a str {
        self.value["summary"].as_str().unwrap_or_default()
    }

    /// Whether it becomes another protocol.
    #[must_use]
    pub fn is_upgrade(&self) -> bool {
        self.value["responses"]["101"].is_object()
    }

    /// Its parameters, those of its path first.
    #[must_use]
    pub fn parameters(&self) -> Vec<&'a Value> {
        let own = self.value["parameters"].as_array();
        let all = self.shared.as_array().into_iter().flatten().chain(own.into_iter().flatten());
        all.map(|parameter| Outline::new(self.document, 0).resolve(parameter)).collect()
    }

    /// The bodies that the document shows: what each is, and the JSON.
    #[must_use]
    pub fn examples(&self) -> Vec<(&'a str, &'a Value)> {
        let examples = self.body()["examples"].as_object().into_iter().flatten();
        examples.map(|(_, example)| (example["summary"].as_str().unwrap_or_default(), &example["value"])).collect()
    }

    /// The first of them.
    #[must_use]
    pub fn example_body(&self) -> Option<&'a Value> {
        self.examples().first().map(|(_, body)| *body)
    }

    /// The path with its parameters filled in.
    #[must_use]
    pub fn example_path(&self) -> String {
        let in_path = self.parameters().into_iter().filter(|parameter| parameter["in"] == "path");
        in_path.fold(self.path.to_owned(), |path, parameter| {
            let name = parameter["name"].as_str().unwrap_or_default();
            path.replace(&format!("{{{name}}}"), parameter["example"].as_str().unwrap_or(name))
        })
    }

    /// What is filled in.
    #[must_use]
    pub fn example_argument(&self) -> Option<&'a str> {
        self.parameters().into_iter().find(|parameter| parameter["in"] == "path")?["example"].as_str()
    }

    /// Whether only the request's `Accept` says which kind of answer comes.
    #[must_use]
    pub fn answers_as_asked(&self) -> bool {
        let content = &self.value["responses"]["200"]["content"];
        let schema = Outline::new(self.document, 0).resolve(&self.body()["schema"]);
        let says_so = self.parameters().iter().any(|parameter| parameter["name"] == "stream");
        content.as_object().is_some_and(|kinds| kinds.len() > 1) && schema["properties"]["stream"].is_null() && !says_so
    }

    fn body(&self) -> &'a Value {
        &self.value["requestBody"]["content"]["application/json"]
    }

    /// What it can be found by.
    fn words(&self) -> String {
        let schema = Outline::new(self.document, 0).resolve(&self.body()["schema"]);
        let fields = schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.as_str());
        let parameters = self.parameters();
        let parameters = parameters.iter().filter_map(|parameter| parameter["name"].as_str());
        let head = [self.method, self.path, self.id(), self.tag(), self.summary()];
        head.into_iter().chain(parameters).chain(fields).collect::<Vec<_>>().join(" ").to_lowercase()
    }

    /// Its entry in the table of contents.
    #[must_use]
    pub fn entry(&self) -> String {
        format!(
            r##"<li data-words="{}"><a class="docs__entry" href="#{}">{}<span>{}</span></a></li>"##,
            escape(&self.words()),
            self.id(),
            method(self.method),
            escape(self.summary()),
        )
    }

    /// The article.
    #[must_use]
    pub fn article(&self) -> String {
        let id = self.id();
        let about = self.value["description"].as_str().map(prose).unwrap_or_default();
        let snippets: String =
            snippets::of(self).iter().map(|snippet| code(snippet.name, snippet.language, &snippet.text)).collect();
        format!(
            r##"<article class="op" id="{id}" tabindex="-1" aria-labelledby="{id}-h" data-words="{words}"><header class="op__head"><h3 id="{id}-h"><a class="op__link" href="#{id}">{summary}</a></h3><p class="op__path">{method}<code>{path}</code></p></header><div class="op__text">{about}{parameters}{sent}{answers}</div><div class="op__side">{snippets}{form}</div></article>"##,
            words = escape(&self.words()),
            summary = escape(self.summary()),
            method = method(self.method),
            path = escape(self.path),
            parameters = self.parameter_list(),
            sent = self.sent(),
            answers = self.answers(),
            form = form::of(self),
        )
    }

    fn parameter_list(&self) -> String {
        let outline = Outline::new(self.document, SENT_DEPTH);
        let rows: String = self
            .parameters()
            .into_iter()
            .map(|parameter| {
                let needed = if parameter["required"] == true { r#" <span class="fields__need">required</span>"# } else { "" };
                let limits = super::schema::limits(outline.resolve(&parameter["schema"]));
                let limits = if limits.is_empty() { limits } else { format!(r#" <span class="fields__limits">{limits}</span>"#) };
                format!(
                    r#"<li class="fields__row"><div class="fields__head"><code class="fields__name">{}</code> <span class="fields__type">{} in the {}</span>{needed}{limits}</div><p class="fields__about">{}</p></li>"#,
                    escape(text(&parameter["name"])),
                    outline.kind(&parameter["schema"]),
                    text(&parameter["in"]),
                    line(text(&parameter["description"])),
                )
            })
            .collect();
        if rows.is_empty() { rows } else { format!(r#"<h4>Parameters</h4><ul class="fields" role="list">{rows}</ul>"#) }
    }

    fn sent(&self) -> String {
        let schema = &self.body()["schema"];
        if schema.is_null() {
            return String::new();
        }
        let outline = Outline::new(self.document, SENT_DEPTH);
        let open = outline.resolve(schema)["additionalProperties"] != false;
        let others = if open {
            "Other fields are passed on where the model's provider knows them."
        } else {
            "Other fields are refused."
        };
        format!(
            r#"<h4>Body</h4><p class="op__kind"><code>application/json</code> {}. {others}</p>{}"#,
            outline.kind(schema),
            outline.inside(schema),
        )
    }

    fn answers(&self) -> String {
        let responses = self.value["responses"].as_object().into_iter().flatten();
        let (good, bad): (Vec<_>, Vec<_>) = responses.partition(|(status, _)| status.starts_with(['1', '2']));
        let good: String = good.into_iter().map(|(status, response)| self.answer(status, response)).collect();
        let rows: String = bad
            .iter()
            .map(|(status, response)| {
                let about = line(self.about(response));
                format!(r#"<div><dt>{}</dt><dd>{about}</dd></div>"#, badge(status))
            })
            .collect();
        let kind = bad.first().map(|(_, response)| self.kinds(response)).unwrap_or_default();
        let bad = if rows.is_empty() {
            rows
        } else {
            format!(r#"<h4>Errors</h4><p class="op__kind">{kind}</p><dl class="op__errors">{rows}</dl>"#)
        };
        format!("<h4>Answers</h4>{good}{bad}")
    }

    fn answer(&self, status: &str, response: &'a Value) -> String {
        let outline = Outline::new(self.document, ANSWER_DEPTH);
        let headers = response["headers"].as_object().into_iter().flatten();
        let headers: String = headers
            .map(|(name, header)| {
                let about = line(text(&outline.resolve(header)["description"]));
                format!("<div><dt><code>{}</code></dt><dd>{about}</dd></div>", escape(name))
            })
            .collect();
        let headers = if headers.is_empty() {
            headers
        } else {
            format!(
                r#"<details class="fields__more"><summary>Headers</summary><dl class="op__headers">{headers}</dl></details>"#
            )
        };
        let frames = response["x-frames"].as_object().into_iter().flatten();
        let content = response["content"].as_object().into_iter().flatten();
        let bodies = content.map(|(kind, body)| (kind, &body["schema"])).chain(frames);
        let bodies: String = bodies
            .map(|(kind, schema)| {
                let inside = outline.inside(schema);
                let each = if kind == "text/event-stream" { "each event: " } else { "" };
                if inside.is_empty() {
                    return format!(
                        r#"<p class="op__kind"><code>{}</code> {}</p>"#,
                        escape(kind),
                        outline.kind(schema)
                    );
                }
                // What opens and closes has no link in it.
                let head = format!("<code>{}</code> {each}{}", escape(kind), unlinked(&outline.kind(schema)));
                format!(r#"<details class="fields__more"><summary>{head}</summary>{inside}</details>"#)
            })
            .collect();
        format!(
            r#"<section class="op__answer"><p>{} {}</p>{bodies}{headers}</section>"#,
            badge(status),
            line(self.about(response))
        )
    }

    fn about(&self, response: &'a Value) -> &'a str {
        let said = response["description"].as_str();
        said.unwrap_or_else(|| text(&Outline::new(self.document, 0).resolve(response)["description"]))
    }

    /// Which schema in which content type.
    fn kinds(&self, response: &'a Value) -> String {
        let outline = Outline::new(self.document, 0);
        let content = outline.resolve(response)["content"].as_object().into_iter().flatten();
        let kinds =
            content.map(|(kind, body)| format!("<code>{}</code> {}", escape(kind), outline.kind(&body["schema"])));
        kinds.collect::<Vec<_>>().join(", ")
    }
}

/// The same without its links.
fn unlinked(html: &str) -> String {
    let mut pieces = html.split("<a ");
    let first = pieces.next().unwrap_or_default().to_owned();
    let rest = pieces.map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text).replacen("</a>", "", 1));
    rest.fold(first, |out, piece| out + &piece)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn method(method: &str) -> String {
    format!(r#"<span class="docs__method" data-method="{method}">{}</span>"#, method.to_uppercase())
}

fn badge(status: &str) -> String {
    let tone = match status.as_bytes().first() {
        Some(b'1' | b'2') => "ok",
        Some(b'5') => "bad",
        _ => "warn",
    };
    format!(r#"<span class="badge" data-tone="{tone}">{status}</span>"#)
}
