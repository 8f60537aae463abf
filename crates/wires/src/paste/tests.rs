//! Every form that is recognised, and what becomes of it.

mod back;
mod programs;
mod thrown;

use domain::{ApiError, ClientWire, Code, Content, NewRun, Part, Role, Vendor};
use serde_json::{Value, json};

use super::{Pasted, read};
use crate::code::testing::{BODIES, every};
use crate::code::{At, Language};

const AT: [At<'static>; 2] =
    [At::Etude { url: "http://127.0.0.1:3000" }, At::Provider { base_url: "https://e.org/v1", key_env: "E_KEY" }];

fn pasted(text: &str) -> Pasted {
    read(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn refused(text: &str) -> ApiError {
    let error = read(text).expect_err(text);
    assert_eq!(error.code, Code::InvalidRequest, "{error}");
    error
}

fn texts_of(run: &NewRun) -> Vec<(Role, String)> {
    run.messages.iter().map(|message| (message.role, message.content.text())).collect()
}

fn left(pasted: &Pasted) -> Vec<&str> {
    pasted.left_out.iter().map(|left| left.what.as_str()).collect()
}

/// A run whose options do not hang on their order.
fn told(mut run: NewRun) -> (NewRun, Value) {
    let options = run.provider_options.take();
    (run, options.map_or(Value::Null, |options| serde_json::from_str(options.as_str()).expect("JSON")))
}

#[test]
fn a6_what_is_written_as_a_program_is_read_back() {
    for (vendor, body) in BODIES {
        let want = pasted(body);
        assert_eq!(want.wire.map(ClientWire::vendor), Some(vendor));
        for at in AT {
            for (language, text) in every(vendor, at, body) {
                let got = pasted(&text);
                assert!(got.kind.starts_with(language.name()), "{}", got.kind);
                assert_eq!(told(got.run), told(want.run.clone()), "{language:?}");
                let host = (language == Language::Curl).then(|| match at {
                    At::Etude { .. } => "127.0.0.1:3000".to_owned(),
                    At::Provider { .. } => "e.org".to_owned(),
                });
                assert_eq!(got.host, host);
            }
        }
    }
}

#[test]
fn a6_a_body_is_read_with_all_that_is_in_it() {
    let pasted = pasted(BODIES[0].1);
    let run = &pasted.run;
    assert_eq!((pasted.kind, run.model.as_str()), ("JSON, OpenAI chat", "gpt-5-mini"));
    assert_eq!(
        texts_of(run)[0],
        (
            Role::System,
            "Be \"short\".\nAbout {{topic}}, not \\{{topic}}: \\n \u{7} \u{1f600} don't `${x}`\r\n".to_owned()
        )
    );
    assert!(matches!(&run.messages[1].content, Content::Parts(parts) if matches!(&parts[1], Part::Image(_))));
    assert_eq!(run.messages[2].tool_calls[0].arguments, r#"{"n": 1}"#);
    assert_eq!((run.params.temperature, run.params.top_k, run.params.max_tokens), (Some(1.0), Some(40), Some(400)));
    assert_eq!((run.params.logprobs, run.params.seed), (Some(2), Some(7)));
    let schema = run.tools[0].parameters.as_ref().expect("a schema").as_str();
    assert_eq!(schema, r#"{"type":"object","properties":{"n":{"type":"integer","maximum":1e3,"const":1.50}}}"#);
    assert_eq!(run.provider_options.as_ref().map(|json| json.as_str()), Some(r#"{"logit_bias":{"50256":-100}}"#));
    assert_eq!(left(&pasted), ["logit_bias"]);
}

#[test]
fn a6_a_curl_command_as_people_copy_it() {
    let text = "curl https://api.openai.com/v1/chat/completions \\\n  -H \"Authorization: Bearer sk-proj-SECRET\" \\\n  -d '{\"model\":\"gpt-5-mini\",\"temperature\":0.2,\"logit_bias\":{\"50256\":-100},\n       \"messages\":[{\"role\":\"system\",\"content\":\"Sort the mail\"},{\"role\":\"user\",\"content\":\"{{mail}}\"}],\n       \"max_tokens\":400,\"user\":\"SECRET@northwind.example\",\"stream\":true}'";
    let pasted = pasted(text);
    assert_eq!((pasted.kind, pasted.host.as_deref()), ("curl, OpenAI chat", Some("api.openai.com")));
    assert_eq!(left(&pasted), ["the header `authorization`", "user", "logit_bias"]);
    assert!(!format!("{pasted:?}").contains("SECRET"));
    for (url, wire) in [
        ("https://api.openai.com/v1/responses", ClientWire::Responses),
        ("https://api.anthropic.com/v1/messages", ClientWire::Messages),
        ("https://x.openai.azure.com/openai/deployments/d/chat/completions?api-version=1", ClientWire::Chat),
        ("http://localhost/proxy", ClientWire::Chat),
    ] {
        let (name, model) = if wire == ClientWire::Responses { ("input", "") } else { ("messages", "") };
        let body = json!({name: [{"role": "user", "content": "Hi"}]});
        let pasted = read(&format!("curl -X POST '{url}' --json '{body}'")).expect("reads");
        let model = if url.contains("azure") { "d" } else { model };
        assert_eq!((pasted.wire, pasted.run.model.as_str()), (Some(wire), model), "{url}");
    }
    let own = "curl http://127.0.0.1:3000/v1/runs -d '{\"model\":\"m\",\"request_id\":\"r\",\"messages\":[{\"role\":\"user\",\"content\":\"\\\\{{x}} {{y}}\"}],\"inputs\":{\"y\":\"1\"},\"params\":{\"top_k\":2}}'";
    let own = read(own).expect("reads");
    assert_eq!((own.kind, own.wire, own.run.request_id), ("curl, Etude run", None, None));
    assert_eq!(own.run.messages[0].content.text(), "\\{{x}} {{y}}");
    assert_eq!((own.run.inputs.len(), own.run.params.top_k), (1, Some(2)));
}

#[test]
fn a6_responses_and_completions() {
    let text = r#"client.responses.create(model="gpt-4.1",
  input=[{"role":"system","content":[{"type":"input_text","text":"Be {{kind}}."}]},
         {"role":"assistant","content":[{"type":"output_text","text":"Hm"}]},
         {"role":"user","content":[{"type":"input_text","text":"Hi"},{"type":"input_file","file_id":"f"}]}],
  text={"format":{"type":"json_schema","name":"x","strict":True,"schema":{"type":"object"}},"verbosity":"low"},
  reasoning={"effort":"low","summary":"auto"}, tools=[{"type":"web_search"},{"type":"function","name":"f","parameters":{}}],
  temperature=1, max_output_tokens=2048, top_p=1, store=True, service_tier="flex",
  include=["web_search_call.action.sources"], previous_response_id="resp_1")"#;
    let pasted = pasted(text);
    let run = &pasted.run;
    assert_eq!((pasted.kind, run.tools.len(), run.params.max_tokens), ("Python, OpenAI responses", 1, Some(2048)));
    assert_eq!(texts_of(run)[0], (Role::System, "Be {{kind}}.".to_owned()));
    assert_eq!((run.params.reasoning_effort.as_deref(), run.response_format.is_some()), (Some("low"), true));
    let want =
        ["input[2].content[1]", "tools[0]", "verbosity", "store", "service_tier", "include[0]", "previous_response_id"];
    assert_eq!(left(&pasted), want);
    let old = read(r#"{"model":"m","prompt":"Once {{x}}","max_tokens":5,"suffix":"end","logit_bias":{"1":1}}"#)
        .expect("reads");
    assert_eq!((old.kind, left(&old)), ("JSON, OpenAI completions", vec!["suffix", "logit_bias"]));
    assert_eq!(texts_of(&old.run), [(Role::User, "Once {{x}}".to_owned())]);
}

#[test]
fn a6_prompts_of_openai() {
    let by_hand = r#"{"openai_prompt_id":"pmpt_68a1","name":"support","production_version":"2","versions":[
        {"version":"1","messages":[]},
        {"version":"2","messages":[{"role":"developer","content":"For {{customer}}"},{"role":"user","content":[{"type":"text","text":"Issue: {{issue}}"}]}],
         "config":{"model":"gpt-5","reasoning":{"effort":"low"},"response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{}}},
                   "max_tokens":9,"tools":[{"type":"function","function":{"name":"f"}}]}},
        {"version":3}]}"#;
    let pasted = pasted(by_hand);
    assert_eq!((pasted.kind, pasted.name.as_deref()), ("OpenAI prompt export", Some("support")));
    let external = pasted.external.as_ref().expect("a prompt");
    assert_eq!((external.id.as_str(), external.version.as_deref()), ("pmpt_68a1", Some("2")));
    assert_eq!(left(&pasted), ["version 1", "version 3"]);
    let run = &pasted.run;
    assert_eq!((run.model.as_str(), run.params.max_tokens, run.tools.len()), ("gpt-5", Some(9), 1));
    assert_eq!(run.params.reasoning_effort.as_deref(), Some("low"));
    assert!(run.response_format.as_ref().is_some_and(|format| format.name.as_deref() == Some("x")));
    assert_eq!(
        texts_of(run),
        [(Role::System, "For {{customer}}".to_owned()), (Role::User, "Issue: {{issue}}".to_owned())]
    );

    let object = r#"{"id":"pmpt_1","object":"prompt","version":3,"model":"m","instructions":"Be {{kind}}.","prompt":{"messages":[{"role":"user","content":"Hi {{who}}"}]},
        "variables":{"kind":"brief","who":{"type":"input_text","text":"Ann"},"age":30},"temperature":0.5,"tags":["a"]}"#;
    let pasted = read(object).expect("reads");
    assert_eq!(texts_of(&pasted.run).len(), 2);
    assert_eq!(pasted.run.inputs.values().collect::<Vec<_>>(), ["30", "brief", "Ann"]);
    assert_eq!(
        (pasted.external.and_then(|external| external.version).as_deref(), left_of(&pasted.left_out)),
        (Some("3"), vec!["tags"])
    );

    let response = r#"{"object":"response","id":"resp_1","model":"gpt-5","prompt":{"id":"pmpt_2","version":"3","variables":{"who":"Ann"}},"background":false,
        "instructions":[{"type":"message","role":"developer","content":[{"type":"input_text","text":"Be kind to {{who}}."}]}],
        "temperature":1.0,"max_output_tokens":null,"reasoning":{"effort":"low","summary":null},"text":{"format":{"type":"text"}},"tools":[],"tool_choice":"auto","output":[{"type":"message"}]}"#;
    let pasted = read(response).expect("reads");
    assert_eq!((pasted.kind, left_of(&pasted.left_out)), ("OpenAI response", vec!["output"]));
    assert_eq!(pasted.run.inputs.get("who").map(String::as_str), Some("Ann"));
    assert_eq!(pasted.external.map(|external| external.id).as_deref(), Some("pmpt_2"));

    for text in [
        r#"client.responses.create(prompt={"id":"pmpt_3","version":"1"})"#,
        r#"{"prompt":{"prompt_id":"pmpt_3","variables":{"a":"b"}}}"#,
        r#"{"id":"pmpt_3","name":"x"}"#,
    ] {
        assert!(refused(text).message.contains("`pmpt_3`"), "{text}");
    }
    let with_input = read(r#"{"prompt":{"id":"pmpt_3","variables":{"a":"b"}},"input":"Hi"}"#).expect("reads");
    assert_eq!((left_of(&with_input.left_out), with_input.run.inputs.len()), (vec!["prompt"], 1));
    assert!(refused(r#"{"object":"response","output":[{}]}"#).message.contains("an answer"));
}

fn left_of(list: &[super::LeftOut]) -> Vec<&str> {
    list.iter().map(|left| left.what.as_str()).collect()
}

#[test]
fn a6_prompts_of_others() {
    let workbench = r#"{"system":"You translate to {{LANGUAGE}}","messages":[{"role":"user","content":[{"type":"text","text":"{{WORD}}"}]}],
        "usage":[{"input_tokens":1}],"variable_values":{"WORD":"hello","LANGUAGE":"German"},"max_tokens_to_sample":9,"name":"T"}"#;
    let pasted = pasted(workbench);
    assert_eq!((pasted.kind, pasted.name.as_deref()), ("Anthropic workbench export", Some("T")));
    assert_eq!((pasted.run.inputs.len(), pasted.run.params.max_tokens, left(&pasted).len()), (2, Some(9), 0));

    let langfuse = r#"[{"name":"critic","type":"chat","version":1,"labels":["production"],"config":{"model":"gpt-4o","temperature":0.5,"team":"x"},
        "prompt":[{"role":"system","content":"A {{level}} critic"},{"type":"placeholder","name":"history"},{"type":"chatmessage","role":"user","content":"{{movie}}"}]},{"prompt":"b","name":"c"}]"#;
    let pasted = read(langfuse).expect("reads");
    assert_eq!((pasted.kind, pasted.run.model.as_str()), ("Langfuse prompt", "gpt-4o"));
    assert_eq!(left_of(&pasted.left_out), ["[1]", "prompt[1]", "config.team", "labels"]);
    assert_eq!(texts_of(&pasted.run).len(), 2);

    let github = r#"{"name":"S","model":"openai/gpt-4o-mini","modelParameters":{"temperature":0.5,"maxTokens":300,"x":1},"responseFormat":"json_schema",
        "jsonSchema":"{\"name\":\"a\",\"strict\":true,\"schema\":{\"type\":\"object\"}}","messages":[{"role":"user","content":"{{input}}"}],"testData":[{"input":"x"}],"evaluators":[]}"#;
    let pasted = read(github).expect("reads");
    assert_eq!((pasted.kind, pasted.run.params.max_tokens), ("GitHub Models prompt", Some(300)));
    assert!(pasted.run.response_format.is_some_and(|format| format.strict == Some(true)));
    assert_eq!(left_of(&pasted.left_out), ["modelParameters.x", "testData"]);

    for (text, wire) in [
        (r#"[{"role":"user","content":"Hi"}]"#, ClientWire::Chat),
        (r#"[{"role":"user","content":[{"type":"input_text","text":"Hi"}]}]"#, ClientWire::Responses),
        (r#"[{"role":"user","content":[{"type":"document","source":{}}]}]"#, ClientWire::Messages),
        ("[{ role: 'user', content: 'Hi' },]", ClientWire::Chat),
        ("{'model': 'm', 'messages': [{'role': 'user', 'content': 'Hi'}], 'stream': True}", ClientWire::Chat),
        ("```json\n{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}\n```", ClientWire::Chat),
        (r#"{"custom_id":"a","method":"POST","url":"/v1/responses","body":{"input":"Hi"}}"#, ClientWire::Responses),
        (
            r#"{"custom_id":"a","params":{"model":"m","system":"x","messages":[{"role":"user","content":"Hi"}]}}"#,
            ClientWire::Messages,
        ),
        (r#"{"model":"claude-x","max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}"#, ClientWire::Messages),
        (r#"{"model":"claude-x","max_tokens":9,"messages":[{"role":"system","content":"Hi"}]}"#, ClientWire::Chat),
    ] {
        assert_eq!(read(text).expect(text).wire, Some(wire), "{text}");
    }
}

#[test]
fn a6_marks_that_have_no_place_are_named_once() {
    let message = r#"{"role":"user","name":"n","content":[{"type":"text","text":"x","cache_control":{"type":"ephemeral"}},{"type":"image_url","image_url":"https://e.org/a.png"}]}"#;
    let body = format!(
        r#"{{"model":"m","messages":[{message},{message},{message}],"functions":[],"modalities":["text","audio"],"top_logprobs":0}}"#
    );
    let pasted = pasted(&body);
    let want =
        ["messages[0].content[0].cache_control and 2 more", "messages[0].name and 2 more", "functions", "modalities"];
    assert_eq!(left(&pasted), want);
    let sound = r#"{"messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"a"}}]}]}"#;
    let native = read(sound).expect("reads").run;
    assert!(
        matches!(&native.messages[0].content, Content::Parts(parts) if matches!(&parts[0], Part::Native { vendor: Vendor::Openai, .. }))
    );
}

#[test]
fn a6_what_is_not_recognised_is_refused() {
    for text in [
        "",
        "SELECT name, body FROM prompts WHERE id = 14;",
        "{}",
        "[]",
        "[1]",
        "{\"a\":1}",
        "42",
        "import openai\nclient.models.list()",
        "curlew",
        "client.beta.threads.messages.create(thread_id='t', role='user', content='Hi')",
        "# client.messages.create(model='m')",
        "x = \"client.messages.create(model='m')\"",
    ] {
        let error = refused(text);
        assert!(error.message.contains("not a request"), "{text}: {error}");
        assert!(error.hint.is_some_and(|hint| hint.contains("curl, the JSON body")), "{text}");
    }
    for (text, part) in [
        ("{\"messages\":[", "ends in the middle (line 1)"),
        ("{\"messages\":[]}", "no messages"),
        ("{\"model\":5,\"messages\":[]}", "`model` is no text"),
        ("{\"messages\":[{\"role\":\"usr\",\"content\":\"x\"}]}", "messages[0].role"),
        ("curl http://x/v1/messages -d 'no json'", "no JSON"),
        ("{\"messages\":[{\"role\":\"user\",\"content\":\"\\ud800\"}]}", "messages[0].content"),
    ] {
        assert!(refused(text).message.contains(part), "{text}: {}", refused(text));
    }
    let deep = format!("{{\"messages\":{}1{}}}", "[".repeat(200), "]".repeat(200));
    assert!(refused(&deep).message.contains("nested too deeply"));
    let deep = format!("client.messages.create(messages={}1{})", "[".repeat(200), "]".repeat(200));
    assert!(refused(&deep).message.contains("nested too deeply"));
}
