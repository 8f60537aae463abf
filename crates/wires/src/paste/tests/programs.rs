//! Calls in programs.

use domain::Role;

use super::{left, pasted, refused, texts_of};

#[test]
fn a6_a_call_in_python() {
    let text = r#"# Replace placeholders like {{NOTES}} with real values,
# because the SDK does not support variables.
import anthropic

SYSTEM: str = ("Be {{kind}}. "
    'Don\'t "shout". ' + "é\x41" [:0])
MODEL = 'claude-sonnet-4-5'  # the good one
SHARED = dict(role="user", content="""First
line	and \
more\t"quoted" ''' """ if False else "x")
messages = [
    {"role": "user", "content": [{"type": "text", "text": "{{NOTES}} \\{{not}}",},],},
    dict(role='assistant', content=(u"One " r"\d" "")),
    {'role': 'user', **{"content": question}},
]
client = anthropic.Anthropic(api_key="SECRET")
message = client.messages.create(
    model=MODEL, max_tokens=20_000, temperature=1., system=SYSTEM,
    messages=messages,  # as above
    stop_sequences=("END",), metadata={"user_id": "SECRET"}, top_k=0x10,
    thinking={"type": "enabled", "budget_tokens": 1_600, "a": +1, "b": .5, "c": -.5e3, "d": True, "e": None},
    tools=make_tools(1, "a)"), extra_headers={"x": "SECRET"}, extra_body={"top_p": 0.9, "x": {50256: -100}}, timeout=9.0,
)
print(client.messages.create(model="m"))
"#;
    let pasted = pasted(text);
    let run = &pasted.run;
    assert_eq!((pasted.kind, run.model.as_str()), ("Python, Anthropic messages", "claude-sonnet-4-5"));
    let want = [
        // It is put together by more than a `+`.
        (Role::System, "{{SYSTEM}}"),
        (Role::User, "{{NOTES}} \\{{not}}"),
        (Role::Assistant, "One \\d"),
        (Role::User, "{{question}}"),
    ];
    assert_eq!(texts_of(run), want.map(|(role, text)| (role, text.to_owned())));
    assert_eq!((run.params.max_tokens, run.params.temperature, run.params.top_k), (Some(20_000), Some(1.0), Some(16)));
    assert_eq!((run.params.top_p, run.params.stop.clone()), (Some(0.9), Some(vec!["END".into()])));
    assert_eq!(
        run.provider_options.as_ref().map(|json| json.as_str()),
        Some(
            r#"{"thinking":{"type":"enabled","budget_tokens":1600,"a":1,"b":0.5,"c":-0.5e3,"d":true,"e":null},"x":{"50256":-100}}"#
        )
    );
    let want =
        ["the call on line 24", "system", "messages[2].content", "tools", "extra_headers", "metadata", "thinking", "x"];
    assert_eq!(left(&pasted), want);
    assert!(!format!("{pasted:?}").contains("SECRET"));
}

#[test]
fn a6_texts_of_python_are_read_as_python_reads_them() {
    for (literal, want) in [
        (r#""a\n\t\\\"\'\x41\u00e9\U0001f600\101\0\a\q""#, "a\n\t\\\"'Aé\u{1f600}A\0\u{7}\\q"),
        ("'''a\n'b' \\\nc\r\nd'''", "a\n'b' c\nd"),
        ("r'a\\n\\''", "a\\n\\'"),
        ("('a' \"b\"\n  'c' # d\n  \"\"\"e\"\"\")", "abce"),
        ("\"a\" + 'b'", "ab"),
        ("f'plain'", "plain"),
        ("'\\ud83d\\ude00'", "\u{1f600}"),
        ("\"\"\"\n a \n\"\"\".strip()", "a"),
        ("'-'.join([\"a\", 'b'.rstrip( )])", "a-b"),
    ] {
        let call =
            format!("client.chat.completions.create(model='m', messages=[{{'role': 'user', 'content': {literal}}}])");
        assert_eq!(texts_of(&pasted(&call).run), [(Role::User, want.to_owned())], "{literal}");
        let named = format!("x = {literal}\n'no part of it'\ny = 1\n{}", call.replace(literal, "x"));
        let pasted = pasted(&named);
        assert_eq!(texts_of(&pasted.run), [(Role::User, want.to_owned())], "{named}");
        assert!(pasted.left_out.is_empty());
    }
}

#[test]
fn a6_a_call_in_typescript() {
    let text = r#"import OpenAI from 'openai';
const MODEL: string = 'gpt-5';
const REPLY = `Two
lines with \`ticks\`, \${no hole}`;
const system = `Be ${"kind"}`, unused = { a: 1 };
let messages: ChatCompletionMessageParam[] = [
  { role: 'system' as const, content: 'It\'s \u{1f600}\x41\
' + "joined" }, // one
  /* two */ { "role": "user", content: ['Two', ("lines " +
 "with `ticks` and ${no hole} ")].join('\n').trim(), },
  { role: 'assistant', content: REPLY },
];
const request = { model: MODEL, messages, temperature: .5, stop: ['a', `b`], 'top_p': 1 };
const regex = /[/"']/;
export async function main() {
  const openai = new OpenAI({ apiKey: process.env.KEY });
  const answer = await openai.chat.completions
    .create({ ...request, ...{ top_k: 5 }, ['seed']: 7, n: undefined, user: 'SECRET', stream: true, tools: tools.map((x) => ({ x })), metadata }, { timeout: 5 });
}"#;
    let pasted = pasted(text);
    let run = &pasted.run;
    assert_eq!((pasted.kind, run.model.as_str()), ("TypeScript, OpenAI chat", "gpt-5"));
    assert_eq!(
        texts_of(run),
        [
            (Role::System, "It's \u{1f600}Ajoined".to_owned()),
            (Role::User, "Two\nlines with `ticks` and ${no hole}".to_owned()),
            (Role::Assistant, "Two\nlines with `ticks`, ${no hole}".to_owned()),
        ]
    );
    assert_eq!((run.params.temperature, run.params.top_p, run.params.seed), (Some(0.5), Some(1.0), Some(7)));
    assert_eq!(run.params.top_k, Some(5));
    assert_eq!(left(&pasted), ["tools", "metadata", "user"]);
    assert!(!format!("{pasted:?}").contains("SECRET"));
}

#[test]
fn a6_what_a_program_computes_is_named() {
    let call = "client.chat.completions.create(model=MODEL, messages=messages)";
    for (before, why) in [
        ("", "not in the text"),
        ("messages = [{'role': 'user', 'content': 'a'}]\nmessages.append(other)\n", "put together"),
        ("messages = [{'role': 'user', 'content': 'a'}]\nmessages += more\n", "put together"),
        ("messages = []\nmessages = [{'role': 'user', 'content': 'a'}]\n", "put together"),
        ("messages = [{'role': 'user', 'content': x} for x in y]\n", "no messages"),
    ] {
        let error = refused(&format!("{before}{call}"));
        assert!(error.message.contains("put together") || error.message.contains(why), "{before}: {error}");
    }
    let schema = "client.messages.create(tools=[{'name': 't', 'input_schema': make()}], messages=[{'role': 'user', 'content': 'x'}])";
    assert_eq!(left(&pasted(schema)), ["tools[0].input_schema"]);
    // What comes after the call changes nothing.
    let later = format!("messages = [{{'role': 'user', 'content': 'a'}}]\n{call}\nmessages.append(1)\nmessages = []\n");
    let pasted = pasted(&later);
    assert_eq!((pasted.run.model.as_str(), left(&pasted)), ("", vec!["model"]));
    for (text, part) in [
        ("client.messages.create(messages=[{'role': 'user', 'content': f'Hi {name}'}])", "an f-string"),
        ("client.messages.create({ messages: [{ role: 'user', content: `Hi ${name}` }] })", "a template"),
        ("client.messages.create(messages=[{'role': 'user', 'content': 'open])", "no end"),
        ("client.messages.create(messages=[{'role': 'user', 'content': '\\N{DASH}'}])", "by its name"),
        ("a = [a]\nclient.messages.create(messages=a)", "nested"),
        ("client.messages.create(request)", "not in the text"),
        (
            "client.chat.completions.create(messages=[{'role': make(), 'content': 'x'}])",
            "`messages[0].role` is put together",
        ),
    ] {
        let error = refused(text);
        assert!(error.message.contains(part) || error.message.contains("stand for each other"), "{text}: {error}");
    }
}
