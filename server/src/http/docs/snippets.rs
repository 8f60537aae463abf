//! An operation's example as a program writes it: curl, Python, TypeScript.

use serde_json::{Map, Value};

use super::operation::Operation;

/// What stands for the server's host until the page is answered.
pub const HOST: &str = "etude.invalid";

/// An example in one language.
pub struct Snippet {
    /// What the language is called.
    pub name: &'static str,
    /// Its word in the page.
    pub language: &'static str,
    /// The program.
    pub text: String,
}

/// The methods of the vendors' SDKs: the operation, the vendor, the method in Python and in TypeScript.
const SDK: [(&str, &str, &str, &str); 12] = [
    ("createChatCompletion", "openai", "chat.completions.create", "chat.completions.create"),
    ("createCompletion", "openai", "completions.create", "completions.create"),
    ("createResponse", "openai", "responses.create", "responses.create"),
    ("getResponse", "openai", "responses.retrieve", "responses.retrieve"),
    ("deleteResponse", "openai", "responses.delete", "responses.delete"),
    ("cancelResponse", "openai", "responses.cancel", "responses.cancel"),
    ("listResponseInputItems", "openai", "responses.input_items.list", "responses.inputItems.list"),
    ("createEmbedding", "openai", "embeddings.create", "embeddings.create"),
    ("createMessage", "anthropic", "messages.create", "messages.create"),
    ("countMessageTokens", "anthropic", "messages.count_tokens", "messages.countTokens"),
    ("listModels", "openai", "models.list", "models.list"),
    ("getModel", "openai", "models.retrieve", "models.retrieve"),
];

/// The example in every language that it can be written in.
#[must_use]
pub fn of(operation: &Operation<'_>) -> Vec<Snippet> {
    if operation.is_upgrade() {
        return vec![Snippet { name: "TypeScript", language: "typescript", text: socket(operation) }];
    }
    let sdk = SDK.iter().find(|(id, ..)| *id == operation.id()).copied();
    let (python, typescript) = match sdk {
        Some((_, vendor, python, typescript)) => {
            (python_sdk(operation, vendor, python), typescript_sdk(operation, vendor, typescript))
        }
        None => (python_http(operation), typescript_http(operation)),
    };
    vec![
        Snippet { name: "curl", language: "curl", text: curl(operation) },
        Snippet { name: "Python", language: "python", text: python },
        Snippet { name: "TypeScript", language: "typescript", text: typescript },
    ]
}

fn curl(operation: &Operation<'_>) -> String {
    // Without it curl keeps a stream until it has a block of it.
    let mut out = format!("curl -N http://{HOST}{}", operation.example_path());
    if operation.method != "get" {
        out += &format!(" \\\n  -X {}", operation.method.to_uppercase());
    }
    if let Some(body) = operation.example_body() {
        out += " \\\n  -H 'content-type: application/json'";
        // The only character that ends a quotation of the shell's.
        out += &format!(" \\\n  -d '{}'", pretty(body).replace('\'', r"'\''"));
    }
    out
}

fn python_http(operation: &Operation<'_>) -> String {
    let (method, path) = (operation.method, operation.example_path());
    let Some(body) = operation.example_body() else {
        return format!(
            "import httpx\n\nanswer = httpx.{method}(\"http://{HOST}{path}\")\nprint(answer.status_code, answer.text)"
        );
    };
    let body = python(body, 4);
    format!(
        "import httpx\n\nwith httpx.stream(\n    \"{}\",\n    \"http://{HOST}{path}\",\n    json={body},\n    timeout=None,\n) as answer:\n    for line in answer.iter_lines():\n        print(line)",
        method.to_uppercase()
    )
}

fn typescript_http(operation: &Operation<'_>) -> String {
    let url = format!("http://{HOST}{}", operation.example_path());
    let method = operation.method.to_uppercase();
    let Some(body) = operation.example_body() else {
        let options = if method == "GET" { String::new() } else { format!(", {{ method: \"{method}\" }}") };
        return format!(
            "const answer = await fetch(\"{url}\"{options});\nconsole.log(answer.status, await answer.text());"
        );
    };
    format!(
        "const answer = await fetch(\"{url}\", {{\n  method: \"{method}\",\n  headers: {{ \"content-type\": \"application/json\" }},\n  body: JSON.stringify({}),\n}});\nconst reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();\nfor (let piece = await reader.read(); !piece.done; piece = await reader.read()) console.log(piece.value);",
        pretty_at(body, 2)
    )
}

fn python_sdk(operation: &Operation<'_>, vendor: &str, method: &str) -> String {
    let (class, base) = if vendor == "openai" { ("OpenAI", "/v1") } else { ("Anthropic", "") };
    let head = format!(
        "from {vendor} import {class}\n\nclient = {class}(base_url=\"http://{HOST}{base}\", api_key=\"any\")\n"
    );
    let Some(body) = operation.example_body().and_then(Value::as_object) else {
        let argument = operation.example_argument().map(|id| format!("\"{id}\"")).unwrap_or_default();
        return format!("{head}print(client.{method}({argument}))");
    };
    let fields: String = body.iter().map(|(name, value)| format!("    {name}={},\n", python(value, 4))).collect();
    let call = format!("client.{method}(\n{fields})");
    if body.get("stream") == Some(&Value::Bool(true)) {
        return format!("{head}for event in {call}:\n    print(event)");
    }
    format!("{head}answer = {call}\nprint(answer)")
}

fn typescript_sdk(operation: &Operation<'_>, vendor: &str, method: &str) -> String {
    let (class, package, base) =
        if vendor == "openai" { ("OpenAI", "openai", "/v1") } else { ("Anthropic", "@anthropic-ai/sdk", "") };
    let head = format!(
        "import {class} from \"{package}\";\n\nconst client = new {class}({{ baseURL: \"http://{HOST}{base}\", apiKey: \"any\" }});\n"
    );
    let argument = match operation.example_body() {
        Some(body) => pretty(body),
        None => operation.example_argument().map(|id| format!("\"{id}\"")).unwrap_or_default(),
    };
    format!("{head}const answer = await client.{method}({argument});\nconsole.log(answer);")
}

fn socket(operation: &Operation<'_>) -> String {
    let url = format!("ws://{HOST}{}", operation.path);
    let run = "{ model: \"smollm2-135m-instruct\", messages: [{ role: \"user\", content: \"Say hello.\" }], params: { max_tokens: 16 } }";
    format!(
        "// On a page of this server; a program sends its address as `Origin`.\nconst socket = new WebSocket(\"{url}\");\nsocket.onmessage = ({{ data }}) => console.log(JSON.parse(data));\nsocket.onopen = () => socket.send(JSON.stringify({{ type: \"start\", ref: \"a1\", run: {run} }}));"
    )
}

/// JSON over several lines.
#[must_use]
pub fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).expect("JSON can be written")
}

/// The same, further in by some blanks.
fn pretty_at(value: &Value, indent: usize) -> String {
    pretty(value).replace('\n', &format!("\n{}", " ".repeat(indent)))
}

/// A value as Python writes it.
fn python(value: &Value, indent: usize) -> String {
    let inner = " ".repeat(indent + 4);
    let outer = " ".repeat(indent);
    match value {
        Value::Null => "None".into(),
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        Value::Array(list) if list.is_empty() => "[]".into(),
        Value::Array(list) => {
            let rows: String = list.iter().map(|value| format!("{inner}{},\n", python(value, indent + 4))).collect();
            format!("[\n{rows}{outer}]")
        }
        Value::Object(fields) if is_short(fields) => {
            let fields: Vec<_> =
                fields.iter().map(|(name, value)| format!("\"{name}\": {}", python(value, 0))).collect();
            format!("{{{}}}", fields.join(", "))
        }
        Value::Object(fields) => {
            let rows: String = fields
                .iter()
                .map(|(name, value)| format!("{inner}\"{name}\": {},\n", python(value, indent + 4)))
                .collect();
            format!("{{\n{rows}{outer}}}")
        }
        // Numbers and strings are written as in JSON.
        other => other.to_string(),
    }
}

/// Whether an object fits on a line.
fn is_short(fields: &Map<String, Value>) -> bool {
    fields.len() <= 3 && fields.values().all(|value| !value.is_object() && !value.is_array())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn python_has_its_own_words() {
        assert_eq!(python(&json!({"a": true, "b": null}), 0), r#"{"a": True, "b": None}"#);
        assert_eq!(python(&json!([1, "x"]), 0), "[\n    1,\n    \"x\",\n]");
    }
}
