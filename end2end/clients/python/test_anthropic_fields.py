"""G1, G2: what can be asked for in a message reaches who answers, or is refused by name, or is said to be left out."""

import anthropic
import pytest

from stage import ANTHROPIC, INSIDE, OPENAI
from talk import HI, PNG, hex_of, named, notices, run_of, words

# The last version of the wire that has sampling parameters.
SAMPLING = {"anthropic-version": "2023-06-01"}
EPHEMERAL = {"type": "ephemeral"}


def raw(client, **asked):
    return client.messages.with_raw_response.create(**{"messages": HI, "max_tokens": 16, **asked})


def refused(client, field, **asked):
    for stream in (False, True):
        with pytest.raises(anthropic.BadRequestError) as raised:
            client.messages.create(**{"messages": HI, "max_tokens": 16, "stream": stream, **asked})
        named(raised.value, field)
        assert raised.value.type == "invalid_request_error"


def system_of(target, sent):
    return sent["system"] if target is ANTHROPIC else sent["messages"][0]["content"]


def test_g1_a_system_prompt(anthropic_client, stage, scripted):
    answered = raw(anthropic_client, model=scripted.model(), system="Be kind.")
    assert system_of(scripted, stage.sent(run_of(answered.headers))) == "Be kind."


def test_g1_a_system_prompt_in_blocks_with_marks_for_the_cache(anthropic_client, stage, target):
    blocks = [
        {"type": "text", "text": "Be kind."},
        {"type": "text", "text": "Be short.", "cache_control": EPHEMERAL},
    ]
    answered = raw(anthropic_client, model=target.model(), system=blocks)
    assert answered.parse().content[0].text
    if target is ANTHROPIC:
        assert stage.sent(run_of(answered.headers))["system"] == blocks
        assert "x-etude-notice" not in answered.headers
    else:
        assert notices(answered.headers) == ["system[1].cache_control"]
    if target is OPENAI:
        system = system_of(target, stage.sent(run_of(answered.headers)))
        assert [part["text"] for part in system] == ["Be kind.", "Be short."]


def test_g1_marks_for_the_cache_are_taken_everywhere(anthropic_client, stage, target):
    content = [{"type": "text", "text": "Hi", "cache_control": EPHEMERAL}]
    answered = raw(anthropic_client, model=target.model(), messages=[{"role": "user", "content": content}])
    if target is ANTHROPIC:
        assert stage.sent(run_of(answered.headers))["messages"][0]["content"] == content
    else:
        assert notices(answered.headers) == ["messages[0].content[0].cache_control"]


def picture(source):
    return [{"role": "user", "content": [{"type": "text", "text": "What?"}, {"type": "image", "source": source}]}]


INLINE = {"type": "base64", "media_type": "image/png", "data": PNG}
REMOTE = {"type": "url", "url": "https://example.org/a.png"}


@pytest.mark.parametrize("source", [INLINE, REMOTE], ids=["inline", "remote"])
def test_g1_a_picture(anthropic_client, stage, scripted, source):
    answered = raw(anthropic_client, model=scripted.model(), messages=picture(source))
    image = stage.sent(run_of(answered.headers))["messages"][0]["content"][1]
    if scripted is ANTHROPIC:
        assert image == {"type": "image", "source": source}
    else:
        url = f"data:image/png;base64,{PNG}" if source is INLINE else source["url"]
        assert image == {"type": "image_url", "image_url": {"url": url}}


def test_g1_the_model_inside_sees_no_pictures(anthropic_client):
    asked = {"model": INSIDE.model(), "messages": picture(INLINE)}
    refused(anthropic_client, "messages[0].content[1]", **asked)
    # The path is the client's own: a system prompt is no message on this wire.
    refused(anthropic_client, "messages[0].content[1]", system="Be kind.", **asked)


def test_g1_a_document_is_for_anthropics_wire(anthropic_client, stage):
    source = {"type": "text", "media_type": "text/plain", "data": "Rome is old."}
    document = {"type": "document", "source": source, "title": "Rome", "citations": {"enabled": True}}
    messages = [{"role": "user", "content": [document, {"type": "text", "text": "What?"}]}]
    answered = raw(anthropic_client, model=ANTHROPIC.model(), messages=messages)
    assert stage.sent(run_of(answered.headers))["messages"] == messages
    for target in (OPENAI, INSIDE):
        refused(anthropic_client, "messages[0].content[0]", model=target.model(), messages=messages)


def test_g1_stop_sequences_reach_the_upstream(anthropic_client, stage, scripted):
    answered = raw(anthropic_client, model=scripted.model(), stop_sequences=["END", "FIN"])
    sent = stage.sent(run_of(answered.headers))
    assert sent["stop_sequences" if scripted is ANTHROPIC else "stop"] == ["END", "FIN"]


def test_g1_the_sequence_that_stopped_an_answer_is_told(anthropic_client):
    asked = {"model": ANTHROPIC.model(), "max_tokens": 50, "messages": HI, "stop_sequences": ["END", "w2"]}
    message = anthropic_client.messages.create(**asked)
    with anthropic_client.messages.stream(**asked) as stream:
        streamed = stream.get_final_message()
    for told in (message, streamed):
        assert (told.content[0].text, told.stop_reason, told.stop_sequence) == (words(2), "stop_sequence", "w2")


def test_g1_the_model_inside_stops(anthropic_client):
    asked = {"model": INSIDE.model(), "extra_body": {"temperature": 0}, "extra_headers": SAMPLING, "max_tokens": 40}
    text = raw(anthropic_client, **asked).parse().content[0].text
    word = text.split()[2]
    message = raw(anthropic_client, **asked, stop_sequences=["FIN", word]).parse()
    assert message.content[0].text == text[: text.index(word)]
    assert (message.stop_reason, message.stop_sequence) == ("stop_sequence", word)


def test_g1_sampling_parameters_of_the_older_wire(anthropic_client, stage, target):
    sampling = {"top_k": 3, "top_p": 0.5, "temperature": 0.25}
    answered = raw(anthropic_client, model=target.model(), extra_body=sampling, extra_headers=SAMPLING)
    assert answered.parse().content[0].text
    if target is not INSIDE:
        sent = stage.sent(run_of(answered.headers))
        assert {name: sent[name] for name in sampling} == sampling


def test_g1_who_asks_is_told_where_the_wire_has_it(anthropic_client, stage, target):
    answered = raw(anthropic_client, model=target.model(), metadata={"user_id": "u-1"}, service_tier="auto")
    if target is ANTHROPIC:
        sent = stage.sent(run_of(answered.headers))
        assert (sent["metadata"], sent["service_tier"]) == ({"user_id": "u-1"}, "auto")
        assert "x-etude-notice" not in answered.headers
    else:
        assert sorted(notices(answered.headers)) == ["metadata", "service_tier"]


def test_g1_a_field_that_nobody_knows(anthropic_client, stage):
    rules = {"house_rules": {"b": 1, "a": [None, 2.5, "{{x}}"]}}
    answered = raw(anthropic_client, model=ANTHROPIC.model(), extra_body=rules)
    assert stage.sent(run_of(answered.headers))["house_rules"] == rules["house_rules"]
    for target in (OPENAI, INSIDE):
        refused(anthropic_client, "house_rules", model=target.model(), extra_body=rules)


def test_g1_effort_is_for_models_that_have_it(anthropic_client, stage):
    effort = {"output_config": {"effort": "low"}}
    answered = raw(anthropic_client, model=OPENAI.model(), **effort)
    assert stage.sent(run_of(answered.headers))["reasoning_effort"] == "low"
    answered = raw(anthropic_client, model=ANTHROPIC.model(), **effort)
    assert stage.sent(run_of(answered.headers))["output_config"] == effort["output_config"]
    refused(anthropic_client, "output_config.effort", model=INSIDE.model(), **effort)


def test_g2_a_beta_reaches_the_upstream_on_the_same_wire(anthropic_client, stage):
    answered = raw(anthropic_client, model=ANTHROPIC.model(), extra_headers={"anthropic-beta": "x-2030-01-01"})
    wire = stage.http.get(f"/v1/runs/{run_of(answered.headers)}/wire").json()
    assert wire["request"]["headers"]["anthropic-beta"] == "x-2030-01-01"


def test_d1_a_text_in_braces_is_no_variable(anthropic_client, stage, scripted):
    text = "{{name}} and \\{{name}}"
    answered = raw(
        anthropic_client,
        model=scripted.model("echo"),
        system=text,
        messages=[{"role": "user", "content": text}],
        max_tokens=50,
    )
    assert answered.parse().content[0].text == text
    assert system_of(scripted, stage.sent(run_of(answered.headers))) == text


@pytest.mark.parametrize(
    ("field", "asked"),
    [
        ("messages", {"messages": []}),
        ("messages[0].role", {"messages": [{"role": "king", "content": "Hi"}]}),
        ("messages[0].content", {"messages": [{"role": "user", "content": 7}]}),
        ("messages[0].content[0].type", {"messages": [{"role": "user", "content": [{"text": "Hi"}]}]}),
        ("tools[0].input_schema", {"tools": [{"name": "clock"}]}),
        ("tool_choice.type", {"tool_choice": {"type": "maybe"}}),
        ("max_tokens", {"max_tokens": -1}),
        ("stop_sequences", {"stop_sequences": "END"}),
    ],
)
def test_g1_what_is_wrong_is_named(anthropic_client, field, asked):
    refused(anthropic_client, field, model=OPENAI.model(), **asked)


def test_g1_tokens_are_counted(anthropic_client, target):
    asked = {"model": target.model(), "messages": HI}
    counted = anthropic_client.messages.with_raw_response.count_tokens(**asked)
    tokens = counted.parse().input_tokens
    assert tokens > 0
    longer = anthropic_client.messages.count_tokens(**{**asked, "messages": HI * 9}).input_tokens
    assert longer > 5 * tokens
    if target is OPENAI:
        # A wire that has no such question.
        assert "estimate" in counted.headers["x-etude-notice"]
    else:
        # By who answers: what a run counts.
        assert "x-etude-notice" not in counted.headers
        assert anthropic_client.messages.create(**asked, max_tokens=2).usage.input_tokens == tokens


def test_g1_counting_starts_no_run(anthropic_client, stage):
    before = stage.calls()
    counted = anthropic_client.messages.with_raw_response.count_tokens(model=OPENAI.model(), messages=HI)
    assert "x-etude-run" not in counted.headers
    assert stage.calls() == before


@pytest.mark.parametrize("version", ["2026-10-21", "2023-06-01"])
def test_g2_the_versions_of_the_wire_are_spoken(anthropic_client, target, version):
    """The newer one is this client's own."""
    answered = raw(anthropic_client, model=target.model(), extra_headers={"anthropic-version": version})
    assert answered.parse().id == f"msg_{hex_of(run_of(answered.headers))}"


def test_g2_a_version_that_is_not_known_is_refused(anthropic_client):
    client = anthropic_client.with_options(default_headers={"anthropic-version": "2020-01-01"})
    for call in (client.messages.create, client.messages.stream):
        with pytest.raises(anthropic.BadRequestError) as raised:
            answer = call(model=ANTHROPIC.model(), max_tokens=9, messages=HI)
            answer.__enter__()
        error = raised.value
        assert error.type == "invalid_request_error"
        assert all(version in error.message for version in ("2020-01-01", "2026-10-21", "2023-06-01"))


def test_g2_a_key_in_either_header_is_taken(stage):
    """With no accounts any key is the built-in user's."""
    for key in ({"api_key": "k"}, {"auth_token": "t"}):
        with anthropic.Anthropic(base_url=stage.url, max_retries=0, **key) as client:
            assert raw(client, model=OPENAI.model()).parse().content[0].text == words(4)
