"""G1: OpenAI's client chats with whoever answers."""

import json

import openai
import pytest

from stage import ANTHROPIC, INSIDE
from talk import HI, REASONING, hex_of, named, plain, run_of, words

USAGE = {"stream_options": {"include_usage": True}}
SHORT = {"max_tokens": 12, "temperature": 0}
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": name,
            "description": "Tells something.",
            "parameters": {"type": "object", "properties": {"n": {"type": "integer"}}},
        },
    }
    for name in ("first", "second")
]


def said(chunks, field="content"):
    return "".join(getattr(choice.delta, field, None) or "" for chunk in chunks for choice in chunk.choices)


def check_text(target, text):
    if target is INSIDE:
        assert text.strip()
    else:
        assert text == words(4)


def test_g1_a_whole_answer(openai_client, target):
    raw = openai_client.chat.completions.with_raw_response.create(model=target.model(), messages=HI, **SHORT)
    completion = raw.parse()
    plain(completion)
    assert completion.id == f"chatcmpl-{hex_of(run_of(raw.headers))}"
    assert completion._request_id == raw.headers["x-request-id"]
    assert completion.model == target.model()
    [choice] = completion.choices
    check_text(target, choice.message.content)
    assert choice.finish_reason in (["stop"] if target is not INSIDE else ["stop", "length"])
    usage = completion.usage
    assert usage.prompt_tokens > 0 and usage.completion_tokens > 0
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens


def test_g1_a_stream(openai_client, target):
    stream = openai_client.chat.completions.create(model=target.model(), messages=HI, stream=True, **SHORT)
    run = run_of(stream.response.headers)
    assert stream.response.headers["content-type"].split(";")[0] == "text/event-stream"
    chunks = list(stream)
    for chunk in chunks:
        plain(chunk)
    assert {chunk.id for chunk in chunks} == {f"chatcmpl-{hex_of(run)}"}
    assert len({(chunk.created, chunk.model) for chunk in chunks}) == 1
    assert chunks[0].choices[0].delta.role == "assistant"
    check_text(target, said(chunks))
    reasons = [choice.finish_reason for chunk in chunks for choice in chunk.choices if choice.finish_reason]
    assert len(reasons) == 1 and chunks[-1].choices[0].finish_reason == reasons[0]
    assert all(chunk.usage is None for chunk in chunks)


def test_g1_a_stream_with_usage(openai_client, target):
    asked = {"model": target.model(), "messages": HI, **SHORT}
    *chunks, last = openai_client.chat.completions.create(**asked, stream=True, **USAGE)
    assert all(chunk.usage is None and chunk.choices for chunk in chunks)
    assert last.choices == []
    assert last.usage == openai_client.chat.completions.create(**asked).usage


def test_g1_the_stream_helper(openai_client, target):
    asked = {"model": target.model(), "messages": HI, "temperature": 0}
    with openai_client.chat.completions.stream(**asked, max_tokens=60) as stream:
        pieces = [event.delta for event in stream if event.type == "content.delta"]
        final = stream.current_completion_snapshot
    assert "".join(pieces) == final.choices[0].message.content
    check_text(target, final.choices[0].message.content)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_g1_tools_there_and_back(openai_client, stage, scripted, stream):
    asked = {"model": scripted.model("tool1"), "messages": HI, "tools": TOOLS}
    if stream:
        with openai_client.chat.completions.stream(**asked) as helper:
            completion = helper.get_final_completion()
    else:
        completion = openai_client.chat.completions.create(**asked)
    [choice] = completion.choices
    assert choice.finish_reason == "tool_calls"
    [call] = choice.message.tool_calls
    assert (call.type, call.function.name, json.loads(call.function.arguments)) == ("function", "first", {"n": 0})
    answered = openai_client.chat.completions.with_raw_response.create(
        model=scripted.model(),
        tools=TOOLS,
        messages=[
            *HI,
            choice.message.model_dump(exclude_none=True, exclude={"parsed"}),
            {"role": "tool", "tool_call_id": call.id, "content": "noon"},
        ],
    )
    assert answered.parse().choices[0].message.content == words(4)
    *_, asks, result = stage.sent(run_of(answered.headers))["messages"]
    if scripted is ANTHROPIC:
        assert asks["content"][-1] == {"type": "tool_use", "id": call.id, "name": "first", "input": {"n": 0}}
        assert (result["role"], result["content"][0]["tool_use_id"]) == ("user", call.id)
    else:
        assert asks["tool_calls"][0]["id"] == result["tool_call_id"] == call.id


def test_g1_tools_in_parallel(openai_client, scripted):
    chunks = openai_client.chat.completions.create(
        model=scripted.model("tool2"), messages=HI, tools=TOOLS, parallel_tool_calls=True, stream=True
    )
    calls = {}
    for chunk in chunks:
        for choice in chunk.choices:
            for piece in choice.delta.tool_calls or []:
                call = calls.setdefault(piece.index, {"id": piece.id, "name": "", "arguments": ""})
                call["name"] += piece.function.name or ""
                call["arguments"] += piece.function.arguments or ""
    assert len({call["id"] for call in calls.values()}) == 2
    told = [(index, call["name"], json.loads(call["arguments"])) for index, call in calls.items()]
    assert told == [(0, "first", {"n": 0}), (1, "second", {"n": 1})]


def test_g1_one_tool_at_a_time(openai_client, stage, scripted):
    raw = openai_client.chat.completions.with_raw_response.create(
        model=scripted.model("tool1"), messages=HI, tools=TOOLS, parallel_tool_calls=False, tool_choice="required"
    )
    sent = stage.sent(run_of(raw.headers))
    if scripted is ANTHROPIC:
        assert sent["tool_choice"] == {"type": "any", "disable_parallel_tool_use": True}
    else:
        assert (sent["tool_choice"], sent["parallel_tool_calls"]) == ("required", False)


def test_g1_the_model_inside_calls_no_tools(openai_client):
    with pytest.raises(openai.BadRequestError) as raised:
        openai_client.chat.completions.create(model=INSIDE.model(), messages=HI, tools=TOOLS)
    named(raised.value, "tools")


def test_g1_reasoning_is_text_of_its_own(openai_client, scripted):
    asked = {"model": scripted.model("think3-n4"), "messages": HI}
    completion = openai_client.chat.completions.create(**asked)
    message = completion.choices[0].message
    assert (message.reasoning_content, message.content) == (words(3, "t"), words(4))
    chunks = list(openai_client.chat.completions.create(**asked, stream=True))
    assert (said(chunks, REASONING), said(chunks)) == (words(3, "t"), words(4))
    assert completion.usage.completion_tokens_details.reasoning_tokens == 3


@pytest.mark.parametrize("field", ["max_tokens", "max_completion_tokens"])
def test_g1_an_answer_can_be_too_long(openai_client, target, field):
    completion = openai_client.chat.completions.create(model=target.model(), messages=HI, **{field: 2})
    assert completion.choices[0].finish_reason == "length"
    assert completion.usage.completion_tokens == 2
    with pytest.raises(openai.LengthFinishReasonError):
        with openai_client.chat.completions.stream(model=target.model(), messages=HI, **{field: 2}) as stream:
            stream.get_final_completion()


def test_g1_a_filter_has_its_own_end(openai_client, scripted):
    completion = openai_client.chat.completions.create(model=scripted.model("n4-filter"), messages=HI)
    assert completion.choices[0].finish_reason == "content_filter"


def test_d1_a_text_in_braces_is_no_variable(openai_client, stage, scripted):
    text = "{{name}}, \\{{name}} and {{ 7 }}"
    raw = openai_client.chat.completions.with_raw_response.create(
        model=scripted.model("echo"),
        messages=[{"role": "system", "content": text}, {"role": "user", "content": text}],
    )
    assert raw.parse().choices[0].message.content == text
    assert stage.sent(run_of(raw.headers))["messages"][-1]["content"] == text
