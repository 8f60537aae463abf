"""G1: what can be asked for in a chat reaches who answers, or is refused by name, or is said to be left out."""

import json

import openai
import pytest

from stage import ANTHROPIC, INSIDE, OPENAI
from talk import HI, PNG, ROME, City, named, notices, run_of, words

COLD = {"temperature": 0, "max_tokens": 40}


def raw(client, **asked):
    return client.chat.completions.with_raw_response.create(**{"messages": HI, **asked})


def refused(client, field, **asked):
    """Checks that a request is refused for a field of it, before anything is sent, streamed or not."""
    for stream in (False, True):
        with pytest.raises(openai.BadRequestError) as raised:
            client.chat.completions.create(**{"messages": HI, "stream": stream, **asked})
        named(raised.value, field)


def test_g1_an_answer_with_a_form(openai_client, stage, scripted):
    """The mock says what it is told, so that the form is seen to be asked for, and the answer to be read."""
    messages = [{"role": "user", "content": ROME.model_dump_json()}]
    raw = openai_client.chat.completions.with_raw_response.parse(
        model=scripted.model("echo"), messages=messages, response_format=City
    )
    assert raw.parse().choices[0].message.parsed == ROME
    sent = stage.sent(run_of(raw.headers))
    if scripted is ANTHROPIC:
        form = sent["output_config"]["format"]
        assert form["type"] == "json_schema"
        schema = form["schema"]
    else:
        form = sent["response_format"]["json_schema"]
        assert (form["name"], form["strict"]) == ("City", True)
        schema = form["schema"]
    assert schema["properties"]["inhabitants"]["type"] == "integer"
    with openai_client.chat.completions.stream(
        model=scripted.model("echo"), messages=messages, response_format=City
    ) as stream:
        assert stream.get_final_completion().choices[0].message.parsed == ROME


def test_g1_the_model_inside_keeps_to_a_form(openai_client):
    asked = {
        "model": INSIDE.model(),
        "messages": [{"role": "user", "content": "Rome is a city with 2750000 inhabitants. Say so as JSON."}],
        "response_format": City,
        "temperature": 0,
        "max_tokens": 120,
    }
    parsed = openai_client.chat.completions.parse(**asked).choices[0].message.parsed
    assert isinstance(parsed, City)
    with openai_client.chat.completions.stream(**asked) as stream:
        assert stream.get_final_completion().choices[0].message.parsed == parsed


def test_g1_any_json_object_will_do(openai_client):
    asked = {"response_format": {"type": "json_object"}, "max_tokens": 120}
    messages = [{"role": "user", "content": 'Answer with {"ok": true}.'}]
    [choice] = raw(openai_client, model=INSIDE.model(), messages=messages, temperature=0, **asked).parse().choices
    # A tiny model may not come to an end.
    assert choice.message.content.lstrip().startswith("{")
    assert choice.finish_reason == "length" or isinstance(json.loads(choice.message.content), dict)
    assert raw(openai_client, model=OPENAI.model(), **asked).parse().choices[0].message.content == words(4)
    refused(openai_client, "response_format", model=ANTHROPIC.model(), **asked)


def picture(detail="auto"):
    image = {"url": f"data:image/png;base64,{PNG}", "detail": detail}
    return [{"role": "user", "content": [{"type": "text", "text": "What?"}, {"type": "image_url", "image_url": image}]}]


def test_g1_a_picture(openai_client, stage, scripted):
    answered = raw(openai_client, model=scripted.model(), messages=picture())
    [text, image] = stage.sent(run_of(answered.headers))["messages"][-1]["content"]
    assert text == {"type": "text", "text": "What?"}
    if scripted is ANTHROPIC:
        assert image == {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}
    else:
        assert image["image_url"] == {"url": f"data:image/png;base64,{PNG}", "detail": "auto"}


def test_g1_the_model_inside_sees_no_pictures(openai_client):
    refused(openai_client, "messages[0].content[1]", model=INSIDE.model(), messages=picture())


def test_g1_how_closely_to_look_is_openais_alone(openai_client):
    refused(openai_client, "messages[0].content[1].image_url.detail", model=ANTHROPIC.model(), messages=picture("high"))


@pytest.mark.parametrize("target", [OPENAI, INSIDE], ids=["openai-upstream", "embedded"])
def test_g1_logprobs_spell_the_answer(openai_client, target):
    asked = {"model": target.model(), "messages": HI, "logprobs": True, "top_logprobs": 2, "max_tokens": 8}
    choice = openai_client.chat.completions.create(**asked, temperature=0).choices[0]
    told = choice.logprobs.content
    assert b"".join(bytes(token.bytes) for token in told).decode() == choice.message.content
    for token in told:
        assert token.logprob <= 0 and len(token.top_logprobs) == 2
        assert token.top_logprobs[0].logprob >= token.top_logprobs[1].logprob
    chunks = openai_client.chat.completions.create(**asked, temperature=0, stream=True)
    parts = [choice.logprobs.content for chunk in chunks for choice in chunk.choices if choice.logprobs]
    assert [token.token for part in parts for token in part] == [token.token for token in told]


def test_g1_anthropics_wire_has_no_logprobs(openai_client):
    refused(openai_client, "logprobs", model=ANTHROPIC.model(), logprobs=True)


def test_g1_several_answers_are_openais_alone(openai_client, stage):
    """The mock gives one whatever is asked for; what counts is that it was asked."""
    answered = raw(openai_client, model=OPENAI.model(), n=2)
    assert stage.sent(run_of(answered.headers))["n"] == 2
    assert answered.parse().choices[0].message.content == words(4)
    for target in (ANTHROPIC, INSIDE):
        refused(openai_client, "n", model=target.model(), n=2)
        assert raw(openai_client, model=target.model(), n=1, max_tokens=2).parse().choices


def test_g1_stop_reaches_the_upstream(openai_client, stage, scripted):
    for stop, want in [("END", ["END"]), (["END", "FIN"], ["END", "FIN"])]:
        sent = stage.sent(run_of(raw(openai_client, model=scripted.model(), stop=stop).headers))
        if scripted is ANTHROPIC:
            assert sent["stop_sequences"] == want
        else:
            assert sent["stop"] == stop
    choice = raw(openai_client, model=scripted.model(), stop="w2").parse().choices[0]
    assert (choice.message.content.rstrip(), choice.finish_reason) == (words(2), "stop")


def test_g1_the_model_inside_stops(openai_client):
    asked = {"model": INSIDE.model(), "messages": HI, **COLD}
    text = openai_client.chat.completions.create(**asked).choices[0].message.content
    word = text.split()[2]
    choice = openai_client.chat.completions.create(**asked, stop=[word]).choices[0]
    assert (choice.message.content, choice.finish_reason) == (text[: text.index(word)], "stop")


def test_g1_a_seed(openai_client, stage):
    assert stage.sent(run_of(raw(openai_client, model=OPENAI.model(), seed=7).headers))["seed"] == 7
    refused(openai_client, "seed", model=ANTHROPIC.model(), seed=7)
    asked = {"model": INSIDE.model(), "temperature": 1.5, "max_tokens": 16}
    told = {raw(openai_client, **asked, seed=7).parse().choices[0].message.content for _ in range(2)}
    assert len(told) == 1


def test_g1_a_field_that_nobody_knows(openai_client, stage):
    """An upstream on the same wire is given it as it came; whoever has no such thing is not."""
    rules = {"house_rules": {"b": 1, "a": [None, 2.5, "{{x}}"]}}
    answered = raw(openai_client, model=OPENAI.model(), extra_body=rules)
    assert stage.sent(run_of(answered.headers))["house_rules"] == rules["house_rules"]
    before = stage.calls()
    for target in (ANTHROPIC, INSIDE):
        refused(openai_client, "house_rules", model=target.model(), extra_body=rules)
    assert stage.calls() == before


HARMLESS = {
    "metadata": {"order": "7"},
    "user": "u-1",
    "safety_identifier": "s-1",
    "store": False,
    "service_tier": "auto",
    "prompt_cache_key": "k",
    "prediction": {"type": "content", "content": "w0"},
}


def test_g1_what_changes_no_answer_is_taken_everywhere(openai_client, stage, target):
    answered = raw(openai_client, model=target.model(), max_tokens=4, **HARMLESS)
    assert answered.parse().choices[0].message.content
    if target is OPENAI:
        sent = stage.sent(run_of(answered.headers))
        assert {name: sent[name] for name in HARMLESS} == HARMLESS
        assert "x-etude-notice" not in answered.headers
    else:
        assert sorted(notices(answered.headers)) == sorted(HARMLESS)
    with openai_client.chat.completions.with_streaming_response.create(
        model=target.model(), messages=HI, max_tokens=4, stream=True, **HARMLESS
    ) as streamed:
        assert notices(streamed.headers) == notices(answered.headers)


@pytest.mark.parametrize(
    ("target", "field", "value"),
    [
        (INSIDE, "temperature", 3),
        (ANTHROPIC, "temperature", 1.5),
        (OPENAI, "top_p", 2),
        (OPENAI, "max_tokens", 0),
        (INSIDE, "top_logprobs", 21),
    ],
)
def test_g1_a_value_out_of_its_range_is_refused_by_name(openai_client, target, field, value):
    more = {"logprobs": True} if field == "top_logprobs" else {}
    refused(openai_client, field, model=target.model(), **{field: value}, **more)


@pytest.mark.parametrize(
    ("field", "asked"),
    [
        ("messages", {"messages": []}),
        ("messages[0].role", {"messages": [{"role": "king", "content": "Hi"}]}),
        ("messages[0].content", {"messages": [{"role": "user", "content": 7}]}),
        ("messages[0].tool_call_id", {"messages": [{"role": "tool", "content": "noon"}]}),
        ("tools[0].type", {"tools": [{"type": "magic"}]}),
        ("temperature", {"temperature": "hot"}),
        ("functions", {"functions": [{"name": "f"}]}),
        ("response_format.json_schema", {"response_format": {"type": "json_schema"}}),
        ("top_logprobs", {"top_logprobs": 2}),
    ],
)
def test_g1_what_is_wrong_is_named(openai_client, field, asked):
    refused(openai_client, field, model=OPENAI.model(), **asked)
