"""G1: OpenAI's client asks whoever answers for responses, whole and as events."""

import json

import openai
import pytest

from stage import ANTHROPIC, INSIDE, OPENAI
from talk import HI, PNG, ROME, City, hex_of, named, notices, plain, run_of, words

SAY = "Say hello in one short sentence."
SHORT = {"temperature": 0, "max_output_tokens": 40}
TOOLS = [
    {
        "type": "function",
        "name": name,
        "description": "Tells something.",
        "parameters": {"type": "object", "properties": {"n": {"type": "integer"}}},
        "strict": False,
    }
    for name in ("first", "second")
]


def check_text(target, text):
    if target is INSIDE:
        assert text.strip()
    else:
        assert text == words(4)


def check_events(events):
    """Every event is the vendor's, and numbered; what has begun has ended."""
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert [event.type for event in events[:2]] == ["response.created", "response.in_progress"]
    for event in events:
        plain(event)
    for kind in ("output_item", "content_part"):
        begun, ended = (
            [
                (event.output_index, getattr(event, "content_index", None))
                for event in events
                if event.type == f"response.{kind}.{word}"
            ]
            for word in ("added", "done")
        )
        assert sorted(begun) == sorted(ended)


def test_g1_a_whole_response(openai_client, target):
    raw = openai_client.responses.with_raw_response.create(model=target.model(), input=SAY, **SHORT)
    response = raw.parse()
    plain(response)
    assert response.id == f"resp_{hex_of(run_of(raw.headers))}"
    assert (response.object, response.model, response.error) == ("response", target.model(), None)
    assert response.status in (["completed"] if target is not INSIDE else ["completed", "incomplete"])
    [item] = response.output
    assert (item.type, item.role) == ("message", "assistant")
    check_text(target, response.output_text)
    assert (response.temperature, response.max_output_tokens) == (0, 40)
    assert response.usage.total_tokens == response.usage.input_tokens + response.usage.output_tokens


def test_g1_a_response_as_events(openai_client, target):
    asked = {"model": target.model(), "input": SAY, **SHORT}
    events = list(openai_client.responses.create(**asked, stream=True))
    check_events(events)
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    last = events[-1]
    assert last.type == f"response.{last.response.status}"
    assert last.response.output_text == text
    [done] = [event for event in events if event.type == "response.output_text.done"]
    assert done.text == text
    check_text(target, text)
    whole = openai_client.responses.create(**asked)
    assert (whole.output_text, whole.usage) == (text, last.response.usage)


def test_g1_the_stream_helper(openai_client, scripted):
    with openai_client.responses.stream(model=scripted.model(), input=SAY) as stream:
        events = list(stream)
        final = stream.get_final_response()
    snapshots = [event.snapshot for event in events if event.type == "response.output_text.delta"]
    assert snapshots[-1] == final.output_text == words(4)
    assert events[-1].type == "response.completed"


def test_g1_who_asks_for_a_summary_is_told_the_thoughts_as_one(openai_client, scripted):
    asked = {"model": scripted.model("think3-n4"), "input": SAY, "reasoning": {"summary": "auto"}}
    thought, _ = openai_client.responses.create(**asked).output
    assert [part.text for part in thought.summary] == [words(3, "t")]
    events = list(openai_client.responses.create(**asked, stream=True))
    check_events(events)
    thoughts = [event.delta for event in events if event.type == "response.reasoning_summary_text.delta"]
    assert "".join(thoughts) == words(3, "t")


def test_g1_reasoning_is_an_item(openai_client, scripted):
    asked = {"model": scripted.model("think3-n4"), "input": SAY}
    response = openai_client.responses.create(**asked)
    thought, message = response.output
    assert (thought.type, [part.text for part in thought.content]) == ("reasoning", [words(3, "t")])
    assert (message.type, response.output_text) == ("message", words(4))
    assert response.usage.output_tokens_details.reasoning_tokens == 3
    events = list(openai_client.responses.create(**asked, stream=True))
    check_events(events)
    thoughts = [event.delta for event in events if event.type == "response.reasoning_text.delta"]
    assert "".join(thoughts) == words(3, "t")
    # What it thought can be said again with the conversation, though no other model has a use for it.
    again = openai_client.responses.with_raw_response.create(
        model=scripted.model(),
        input=[*HI, thought.model_dump(exclude_none=True), message.model_dump(exclude_none=True), *HI],
    )
    assert again.parse().output_text == words(4)
    assert notices(again.headers) == ["input[1]"]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_g1_tools_there_and_back(openai_client, stage, scripted, stream):
    asked = {"model": scripted.model("tool2"), "input": SAY, "tools": TOOLS}
    if stream:
        with openai_client.responses.stream(**asked) as helper:
            events = list(helper)
            response = helper.get_final_response()
        check_events([event for event in events])
        done = [event.arguments for event in events if event.type == "response.function_call_arguments.done"]
        assert [json.loads(arguments) for arguments in done] == [{"n": 0}, {"n": 1}]
    else:
        response = openai_client.responses.create(**asked)
    calls = [item for item in response.output if item.type == "function_call"]
    told = [(call.name, json.loads(call.arguments), call.status) for call in calls]
    assert told == [("first", {"n": 0}, "completed"), ("second", {"n": 1}, "completed")]
    results = [{"type": "function_call_output", "call_id": call.call_id, "output": "noon"} for call in calls]
    answered = openai_client.responses.with_raw_response.create(
        model=scripted.model(),
        tools=TOOLS,
        input=[*HI, *(call.model_dump(exclude_none=True, exclude={"parsed_arguments"}) for call in calls), *results],
    )
    assert answered.parse().output_text == words(4)
    sent = stage.sent(run_of(answered.headers))["messages"]
    ids = [call.call_id for call in calls]
    if scripted is ANTHROPIC:
        assert [block["tool_use_id"] for block in sent[-1]["content"]] == ids
    else:
        assert [message["tool_call_id"] for message in sent[-2:]] == ids
        assert [call["id"] for call in sent[-3]["tool_calls"]] == ids


def test_g1_the_model_inside_calls_no_tools(openai_client):
    with pytest.raises(openai.BadRequestError) as raised:
        openai_client.responses.create(model=INSIDE.model(), input=SAY, tools=TOOLS)
    named(raised.value, "tools")


def test_g1_an_answer_with_a_form(openai_client, stage, scripted):
    raw = openai_client.responses.with_raw_response.parse(
        model=scripted.model("echo"), input=ROME.model_dump_json(), text_format=City
    )
    response = raw.parse()
    assert response.output_parsed == ROME
    assert response.text.format.type == "json_schema"
    sent = stage.sent(run_of(raw.headers))
    form = sent["output_config"]["format"] if scripted is ANTHROPIC else sent["response_format"]["json_schema"]
    assert form["schema"]["properties"]["inhabitants"]["type"] == "integer"


def test_g1_the_model_inside_keeps_to_a_form(openai_client):
    asked = {
        "model": INSIDE.model(),
        "instructions": "Answer as JSON.",
        "input": "Rome is a city with 2750000 inhabitants.",
        "temperature": 0,
        "max_output_tokens": 120,
    }
    parsed = openai_client.responses.parse(**asked, text_format=City).output_parsed
    assert isinstance(parsed, City)
    with openai_client.responses.stream(**asked, text_format=City) as stream:
        assert stream.get_final_response().output_parsed == parsed


def test_g1_an_answer_can_be_too_long(openai_client, target):
    response = openai_client.responses.create(model=target.model(), input=SAY, max_output_tokens=2)
    assert (response.status, response.incomplete_details.reason) == ("incomplete", "max_output_tokens")
    assert response.output[0].status == "incomplete"
    last = list(openai_client.responses.create(model=target.model(), input=SAY, max_output_tokens=2, stream=True))[-1]
    assert last.type == "response.incomplete"


def test_g1_logprobs_when_included(openai_client):
    for target in (OPENAI, INSIDE):
        asked = {"model": target.model(), "input": SAY, "include": ["message.output_text.logprobs"], **SHORT}
        [part] = openai_client.responses.create(**asked, top_logprobs=2).output[0].content
        assert "".join(token.token for token in part.logprobs) == part.text
        assert all(len(token.top_logprobs) == 2 for token in part.logprobs)


def test_g1_a_picture(openai_client, stage, target):
    parts = [
        {"type": "input_text", "text": "What?"},
        {"type": "input_image", "image_url": f"data:image/png;base64,{PNG}", "detail": "auto"},
    ]
    asked = {"model": target.model(), "input": [{"role": "user", "content": parts}]}
    if target is INSIDE:
        with pytest.raises(openai.BadRequestError) as raised:
            openai_client.responses.create(**asked)
        named(raised.value, "input[0].content[1]")
        return
    raw = openai_client.responses.with_raw_response.create(**asked)
    image = stage.sent(run_of(raw.headers))["messages"][-1]["content"][1]
    if target is ANTHROPIC:
        assert image["source"]["data"] == PNG
    else:
        assert image["image_url"]["url"].endswith(PNG)


def test_d1_a_text_in_braces_is_no_variable(openai_client, stage, scripted):
    text = "{{name}} and \\{{name}}"
    raw = openai_client.responses.with_raw_response.create(model=scripted.model("echo"), instructions=text, input=text)
    assert raw.parse().output_text == text
    sent = stage.sent(run_of(raw.headers))
    system = sent["system"] if scripted is ANTHROPIC else sent["messages"][0]["content"]
    assert system == sent["messages"][-1]["content"] == text


def test_g1_what_changes_no_answer_is_taken_everywhere(openai_client, target):
    raw = openai_client.responses.with_raw_response.create(
        model=target.model(),
        input=SAY,
        max_output_tokens=4,
        metadata={"order": "7"},
        user="u-1",
        truncation="disabled",
        prompt_cache_key="k",
    )
    response = raw.parse()
    assert (response.metadata, response.user, response.truncation) == ({"order": "7"}, "u-1", "disabled")
    assert response.prompt_cache_key == "k"
    assert set(notices(raw.headers)) <= {"truncation", "prompt_cache_key", "service_tier"}


def test_g1_what_the_model_inside_lacks_is_named_as_it_was_written(openai_client):
    for field, asked in [
        ("reasoning.effort", {"input": SAY, "reasoning": {"effort": "low"}}),
        ("top_logprobs", {"input": SAY, "top_logprobs": 21}),
    ]:
        with pytest.raises(openai.BadRequestError) as raised:
            openai_client.responses.create(model=INSIDE.model(), **asked)
        named(raised.value, field)


def test_g1_a_system_prompt_in_the_middle_is_not_anthropics(openai_client):
    system = {"role": "system", "content": "Be kind."}
    with pytest.raises(openai.BadRequestError) as raised:
        openai_client.responses.create(model=ANTHROPIC.model(), instructions="Be short.", input=[*HI, system, *HI])
    named(raised.value, "input[1]")
    with pytest.raises(openai.BadRequestError) as raised:
        openai_client.chat.completions.create(model=ANTHROPIC.model(), messages=[*HI, system, *HI])
    named(raised.value, "messages[1]")


@pytest.mark.parametrize(
    ("field", "asked"),
    [
        ("input", {}),
        ("input[0].role", {"input": [{"role": "king", "content": "Hi"}]}),
        ("input[0].type", {"input": [{"type": "web_search_call", "id": "ws_1"}]}),
        ("tools[0].type", {"input": SAY, "tools": [{"type": "web_search"}]}),
        ("conversation", {"input": SAY, "conversation": "conv_1"}),
        ("house_rules", {"input": SAY, "extra_body": {"house_rules": 1}}),
        ("previous_response_id", {"input": SAY, "previous_response_id": "resp_0"}),
        ("background", {"input": SAY, "background": True, "store": False}),
        ("temperature", {"input": SAY, "temperature": 9}),
        ("max_output_tokens", {"input": SAY, "max_output_tokens": 0}),
    ],
)
def test_g1_what_is_wrong_is_named(openai_client, field, asked):
    with pytest.raises(openai.BadRequestError) as raised:
        openai_client.responses.create(model=OPENAI.model(), **asked)
    named(raised.value, field)
