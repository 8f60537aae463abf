"""G1: Anthropic's client talks with whoever answers."""

import anthropic
import pytest

from stage import ANTHROPIC, INSIDE, OPENAI
from talk import HI, ROME, City, hex_of, named, notices, plain, run_of, words

TOOLS = [
    {
        "name": name,
        "description": "Tells something.",
        "input_schema": {"type": "object", "properties": {"n": {"type": "integer"}}},
    }
    for name in ("first", "second")
]


def check_text(target, text):
    if target is INSIDE:
        assert text.strip()
    else:
        assert text == words(4)


def test_g1_a_whole_message(anthropic_client, target):
    raw = anthropic_client.messages.with_raw_response.create(model=target.model(), max_tokens=40, messages=HI)
    message = raw.parse()
    plain(message)
    assert message.id == f"msg_{hex_of(run_of(raw.headers))}"
    assert message._request_id == raw.headers["request-id"] == raw.headers["x-request-id"]
    assert (message.type, message.role, message.model) == ("message", "assistant", target.model())
    [block] = message.content
    check_text(target, block.text)
    assert message.stop_reason in (["end_turn"] if target is not INSIDE else ["end_turn", "max_tokens"])
    assert message.usage.input_tokens > 0 and message.usage.output_tokens > 0


def test_g1_a_stream_of_events(anthropic_client, target):
    stream = anthropic_client.messages.create(model=target.model(), max_tokens=40, messages=HI, stream=True)
    run = run_of(stream.response.headers)
    events = list(stream)
    for event in events:
        plain(event)
    kinds = [event.type for event in events]
    assert kinds[:2] == ["message_start", "content_block_start"]
    assert kinds[-3:] == ["content_block_stop", "message_delta", "message_stop"]
    assert set(kinds[2:-3]) == {"content_block_delta"}
    assert events[0].message.id == f"msg_{hex_of(run)}"
    assert (events[0].message.content, events[0].message.stop_reason) == ([], None)
    check_text(target, "".join(event.delta.text for event in events if event.type == "content_block_delta"))
    change = events[-2]
    assert change.delta.stop_reason in ("end_turn", "max_tokens")
    assert change.usage.output_tokens > 0


def test_g1_the_stream_helper(anthropic_client, target):
    asked = {"model": target.model(), "max_tokens": 40, "messages": HI}
    with anthropic_client.messages.stream(**asked) as stream:
        events = list(stream)
        final = stream.get_final_message()
        assert stream.request_id
    said = [event for event in events if event.type == "text"]
    assert said[-1].snapshot == "".join(event.text for event in said) == final.content[0].text
    check_text(target, final.content[0].text)
    if target is not INSIDE:
        whole = anthropic_client.messages.create(**asked)
        assert (final.content[0].text, final.stop_reason) == (whole.content[0].text, whole.stop_reason)
        assert final.usage == whole.usage
    with anthropic_client.messages.stream(**asked) as stream:
        assert "".join(stream.text_stream)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_g1_tools_there_and_back(anthropic_client, stage, scripted, stream):
    asked = {"model": scripted.model("n2-tool1"), "max_tokens": 50, "messages": HI, "tools": TOOLS}
    if stream:
        with anthropic_client.messages.stream(**asked) as helper:
            pieces = [event for event in helper if event.type == "input_json"]
            message = helper.get_final_message()
        assert pieces[-1].snapshot == {"n": 0}
    else:
        message = anthropic_client.messages.create(**asked)
    assert message.stop_reason == "tool_use"
    text, call = message.content
    assert (text.type, text.text) == ("text", words(2))
    assert (call.type, call.name, call.input) == ("tool_use", "first", {"n": 0})
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "noon"}
    again = anthropic_client.messages.with_raw_response.create(
        model=scripted.model(),
        max_tokens=50,
        tools=TOOLS,
        messages=[
            *HI,
            {"role": "assistant", "content": message.content},
            {"role": "user", "content": [result, {"type": "text", "text": "And?"}]},
        ],
    )
    assert again.parse().content[0].text == words(4)
    sent = stage.sent(run_of(again.headers))["messages"]
    if scripted is ANTHROPIC:
        assert sent[1]["content"][1]["id"] == sent[2]["content"][0]["tool_use_id"] == call.id
    else:
        roles = [message["role"] for message in sent]
        assert roles == ["user", "assistant", "tool", "user"]
        assert sent[1]["content"] == [{"type": "text", "text": words(2)}] or sent[1]["content"] == words(2)
        assert sent[1]["tool_calls"][0]["id"] == sent[2]["tool_call_id"] == call.id


def test_g1_tools_in_parallel(anthropic_client, stage, scripted):
    raw = anthropic_client.messages.with_raw_response.create(
        model=scripted.model("tool2"),
        max_tokens=50,
        messages=HI,
        tools=TOOLS,
        tool_choice={"type": "any", "disable_parallel_tool_use": True},
    )
    calls = raw.parse().content
    assert [(call.type, call.name, call.input) for call in calls] == [
        ("tool_use", "first", {"n": 0}),
        ("tool_use", "second", {"n": 1}),
    ]
    assert len({call.id for call in calls}) == 2
    sent = stage.sent(run_of(raw.headers))
    if scripted is ANTHROPIC:
        assert sent["tool_choice"] == {"type": "any", "disable_parallel_tool_use": True}
    else:
        assert (sent["tool_choice"], sent["parallel_tool_calls"]) == ("required", False)
        assert sent["tools"][0]["function"]["parameters"] == TOOLS[0]["input_schema"]


def test_g1_the_model_inside_calls_no_tools(anthropic_client):
    with pytest.raises(anthropic.BadRequestError) as raised:
        anthropic_client.messages.create(model=INSIDE.model(), max_tokens=9, messages=HI, tools=TOOLS)
    named(raised.value, "tools")


THINK = {"thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 2048}


def test_g1_a_thought_is_kept_with_its_seal(anthropic_client, stage):
    asked = {"model": ANTHROPIC.model("think3-n4"), "messages": HI, **THINK}
    raw = anthropic_client.messages.with_raw_response.create(**asked)
    assert stage.sent(run_of(raw.headers))["thinking"] == THINK["thinking"]
    thought, text = raw.parse().content
    assert (thought.type, thought.thinking, thought.signature) == ("thinking", words(3, "t"), "signed")
    assert text.text == words(4)
    with anthropic_client.messages.stream(**asked) as stream:
        events = list(stream)
        final = stream.get_final_message()
    assert (final.content[0], final.content[1].text) == (thought, text.text)
    assert "".join(event.thinking for event in events if event.type == "thinking") == words(3, "t")
    assert [event.signature for event in events if event.type == "signature"] == ["signed"]
    assert [event.index for event in events if event.type == "content_block_stop"] == [0, 1]
    # It goes back as it came, with the conversation.
    said = {"role": "assistant", "content": [thought.model_dump(), text.model_dump(exclude_none=True)]}
    again = anthropic_client.messages.with_raw_response.create(**{**asked, "messages": [*HI, said, *HI]})
    assert stage.sent(run_of(again.headers))["messages"][1]["content"][0] == {
        "type": "thinking",
        "thinking": words(3, "t"),
        "signature": "signed",
    }


def test_g1_others_think_as_well(anthropic_client):
    """What another wire's model shows of its thoughts is shown; nobody has sealed it."""
    asked = {"model": OPENAI.model("think3-n4"), "messages": HI, "max_tokens": 50}
    thought, text = anthropic_client.messages.create(**asked).content
    assert (thought.type, thought.thinking, thought.signature) == ("thinking", words(3, "t"), "")
    said = {"role": "assistant", "content": [thought.model_dump(), text.model_dump(exclude_none=True)]}
    again = anthropic_client.messages.with_raw_response.create(**{**asked, "messages": [*HI, said, *HI]})
    assert notices(again.headers) == ["messages[1].content[0]"]


def test_g1_thinking_is_asked_of_anthropics_wire_alone(anthropic_client):
    for target in (OPENAI, INSIDE):
        with pytest.raises(anthropic.BadRequestError) as raised:
            anthropic_client.messages.create(model=target.model(), messages=HI, **THINK)
        named(raised.value, "thinking")


def test_g1_an_answer_with_a_form(anthropic_client, stage, scripted):
    raw = anthropic_client.messages.with_raw_response.create(
        model=scripted.model("echo"),
        max_tokens=50,
        messages=[{"role": "user", "content": ROME.model_dump_json()}],
        output_config={"format": {"type": "json_schema", "schema": City.model_json_schema()}},
    )
    assert City.model_validate_json(raw.parse().content[0].text) == ROME
    sent = stage.sent(run_of(raw.headers))
    form = sent["output_config"]["format"] if scripted is ANTHROPIC else sent["response_format"]["json_schema"]
    assert form["schema"] == City.model_json_schema()
    parsed = anthropic_client.messages.parse(
        model=scripted.model("echo"),
        max_tokens=50,
        messages=[{"role": "user", "content": ROME.model_dump_json()}],
        output_format=City,
    )
    assert parsed.parsed_output == ROME


def test_g1_the_model_inside_keeps_to_a_form(anthropic_client):
    parsed = anthropic_client.messages.parse(
        model=INSIDE.model(),
        max_tokens=160,
        system="Answer as JSON.",
        messages=[{"role": "user", "content": "Rome is a city with 2750000 inhabitants."}],
        output_format=City,
    )
    assert isinstance(parsed.parsed_output, City)


def test_g1_an_answer_can_be_too_long(anthropic_client, target):
    message = anthropic_client.messages.create(model=target.model(), max_tokens=2, messages=HI)
    assert (message.stop_reason, message.usage.output_tokens) == ("max_tokens", 2)
    with anthropic_client.messages.stream(model=target.model(), max_tokens=2, messages=HI) as stream:
        assert stream.get_final_message().stop_reason == "max_tokens"


def test_g1_a_refusal_has_its_own_end(anthropic_client, scripted):
    asked = {"model": scripted.model("n4-filter"), "max_tokens": 50, "messages": HI}
    assert anthropic_client.messages.create(**asked).stop_reason == "refusal"
    with anthropic_client.messages.stream(**asked) as stream:
        assert stream.get_final_message().stop_reason == "refusal"


def test_g1_the_clients_beta_methods(anthropic_client, target):
    asked = {"model": target.model(), "max_tokens": 16, "messages": HI}
    check_text(target, anthropic_client.beta.messages.create(**asked, betas=["x-2030-01-01"]).content[0].text)
    with anthropic_client.beta.messages.stream(**asked) as stream:
        check_text(target, stream.get_final_message().content[0].text)
    assert anthropic_client.beta.messages.count_tokens(model=INSIDE.model(), messages=HI).input_tokens > 0
