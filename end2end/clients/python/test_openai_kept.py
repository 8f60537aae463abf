"""G1, B1, B4, D1: responses that are kept: gone on with, left alone, read again, cancelled, deleted."""

import time

import openai
import pytest

from stage import ANTHROPIC, OPENAI
from talk import HI, plain, run_of, words

SAY = "Say hello in one short sentence."


def ended(client, response, seconds=20.0):
    """The response once it has ended; its vendor's way is to ask again."""
    until = time.monotonic() + seconds
    while response.status in ("queued", "in_progress"):
        assert time.monotonic() < until, response
        time.sleep(0.05)
        response = client.responses.retrieve(response.id)
    return response


def test_g1_a_response_can_be_read_again(openai_client, target):
    response = openai_client.responses.create(model=target.model(), input=SAY, temperature=0, max_output_tokens=8)
    again = openai_client.responses.retrieve(response.id)
    assert again == response
    plain(again)


def test_g1_one_that_is_not_stored_cannot(openai_client, target):
    response = openai_client.responses.create(model=target.model(), input=SAY, max_output_tokens=4, store=False)
    assert (response.store, bool(response.output_text)) == (False, True)
    with pytest.raises(openai.NotFoundError):
        openai_client.responses.retrieve(response.id)
    with pytest.raises(openai.BadRequestError) as raised:
        openai_client.responses.create(model=target.model(), input=SAY, previous_response_id=response.id)
    assert raised.value.param == "previous_response_id"


def test_d1_a_response_goes_on_with_another(openai_client, stage, scripted):
    """What was said before is sent again to the word; the instructions are not."""
    first = openai_client.responses.create(model=scripted.model("echo"), instructions="Be kind.", input="One {{x}}")
    second = openai_client.responses.create(model=scripted.model("echo"), input="Two", previous_response_id=first.id)
    assert second.previous_response_id == first.id
    raw = openai_client.responses.with_raw_response.create(
        model=scripted.model("echo"), input="Three", instructions="Be short.", previous_response_id=second.id
    )
    assert raw.parse().output_text == "Three"
    sent = stage.sent(run_of(raw.headers))
    told = [(message["role"], text(message)) for message in sent["messages"] if message["role"] != "system"]
    assert told == [
        ("user", "One {{x}}"),
        ("assistant", "One {{x}}"),
        ("user", "Two"),
        ("assistant", "Two"),
        ("user", "Three"),
    ]
    system = sent["system"] if scripted is ANTHROPIC else sent["messages"][0]["content"]
    assert system == "Be short."


def text(message):
    content = message["content"]
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


def test_d1_a_tools_answer_goes_on_with_its_call(openai_client, stage, scripted):
    tools = [{"type": "function", "name": "clock", "parameters": {"type": "object"}, "strict": False}]
    first = openai_client.responses.create(model=scripted.model("tool1"), input=SAY, tools=tools)
    [call] = first.output
    raw = openai_client.responses.with_raw_response.create(
        model=scripted.model(),
        previous_response_id=first.id,
        input=[{"type": "function_call_output", "call_id": call.call_id, "output": "noon"}],
        tools=tools,
    )
    assert raw.parse().output_text == words(4)
    *_, asks, result = stage.sent(run_of(raw.headers))["messages"]
    if scripted is ANTHROPIC:
        assert asks["content"][-1]["id"] == result["content"][0]["tool_use_id"] == call.call_id
    else:
        assert asks["tool_calls"][0]["id"] == result["tool_call_id"] == call.call_id


def test_b4_a_response_in_the_background_goes_on_alone(openai_client, target):
    response = openai_client.responses.create(
        model=target.model("n40-rate50"), input=SAY, background=True, max_output_tokens=40
    )
    assert response.background and response.status in ("queued", "in_progress")
    done = ended(openai_client, response)
    plain(done)
    assert done.status == "completed" or target.vendor is None
    if target.vendor:
        assert done.output_text == words(40)


def cut_after(client, count, **asked):
    """The first events of a stream in the background, which is left then."""
    events = []
    with client.responses.create(input=SAY, background=True, stream=True, **asked) as stream:
        for event in stream:
            events.append(event)
            if len(events) == count:
                return events
    return events


def test_b1_a_stream_that_was_cut_goes_on_where_it_was(openai_client, scripted):
    head = cut_after(openai_client, 9, model=scripted.model("n40-rate50"))
    response = head[0].response.id
    last = head[-1].sequence_number
    rest = list(openai_client.responses.retrieve(response, stream=True, starting_after=last))
    events = head + rest
    assert [event.sequence_number for event in events] == list(range(len(events)))
    said = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert said == words(40) == events[-1].response.output_text
    # It can be read once more after its end, all of it or what is left.
    assert list(openai_client.responses.retrieve(response, stream=True)) == events
    assert list(openai_client.responses.retrieve(response, stream=True, starting_after=last)) == rest
    assert list(openai_client.responses.retrieve(response, stream=True, starting_after=len(events) - 1)) == []


def test_b1_the_stream_helper_goes_on_where_it_was(openai_client, scripted):
    head = cut_after(openai_client, 9, model=scripted.model("n40-rate50"))
    with openai_client.responses.stream(response_id=head[0].response.id, starting_after=8) as stream:
        numbers = [event.sequence_number for event in stream]
        final = stream.get_final_response()
    assert numbers == list(range(9, 9 + len(numbers)))
    assert final.output_text == words(40)


def test_g1_a_response_can_be_cancelled(openai_client, stage, scripted):
    response = openai_client.responses.create(model=scripted.model("n400-rate20"), input=SAY, background=True)
    # Something of it has come by then.
    while not openai_client.responses.retrieve(response.id).output_text:
        time.sleep(0.05)
    cancelled = openai_client.responses.cancel(response.id)
    assert cancelled.status == "cancelled"
    said = cancelled.output_text
    assert said and words(400).startswith(said)
    again = openai_client.responses.retrieve(response.id)
    assert (again.status, again.output_text) == ("cancelled", said)
    # Cancelling is idempotent.
    assert openai_client.responses.cancel(response.id).status == "cancelled"


def test_g1_a_stream_that_is_cancelled_ends(openai_client, scripted):
    """The vendor has no event of its own for it; what ends the stream shows how the response stands."""
    stream = openai_client.responses.create(
        model=scripted.model("n400-rate20"), input=SAY, background=True, stream=True
    )
    events = []
    for event in stream:
        events.append(event)
        if len(events) == 6:
            openai_client.responses.cancel(events[0].response.id)
    assert events[-1].response.status == "cancelled"


def test_g1_a_response_can_be_deleted(openai_client, target):
    response = openai_client.responses.create(model=target.model(), input=SAY, max_output_tokens=4)
    openai_client.responses.delete(response.id)
    for again in (openai_client.responses.retrieve, openai_client.responses.delete, openai_client.responses.cancel):
        with pytest.raises(openai.NotFoundError):
            again(response.id)


def test_g1_a_response_tells_what_it_was_asked(openai_client, scripted):
    message = {"type": "message", "role": "assistant", "content": "Hello.", "id": "msg_1", "status": "completed"}
    message["content"] = [{"type": "output_text", "text": "Hello.", "annotations": []}]
    call = {"type": "function_call", "call_id": "c1", "name": "clock", "arguments": "{}"}
    result = {"type": "function_call_output", "call_id": "c1", "output": "noon"}
    response = openai_client.responses.create(
        model=scripted.model(), instructions="Be kind.", input=[*HI, message, call, result, *HI]
    )
    listed = openai_client.responses.input_items.list(response.id, order="asc")
    items = list(listed)
    for item in items:
        plain(item)
    assert [item.type for item in items] == [
        "message",
        "message",
        "function_call",
        "function_call_output",
        "message",
    ]
    assert (items[0].role, items[0].content[0].text) == ("user", HI[0]["content"])
    assert (items[1].role, items[2].call_id, items[3].output) == ("assistant", "c1", "noon")
    newest = openai_client.responses.input_items.list(response.id)
    assert [item.id for item in newest] == [item.id for item in items][::-1]
    # In pages, which the client fetches one after the other.
    page = openai_client.responses.input_items.list(response.id, order="asc", limit=2)
    assert (len(page.data), page.has_more) == (2, True)
    assert [item.id for item in page] == [item.id for item in items]
    after = openai_client.responses.input_items.list(response.id, order="asc", after=items[2].id)
    assert [item.id for item in after] == [item.id for item in items[3:]]


@pytest.mark.parametrize("id", ["resp_0", "resp_" + "0" * 32, "nothing"])
def test_g1_a_response_that_is_not_there(openai_client, id):
    for call in (openai_client.responses.retrieve, openai_client.responses.cancel, openai_client.responses.delete):
        with pytest.raises(openai.NotFoundError) as raised:
            call(id)
        assert id in raised.value.message


def test_g1_a_run_of_another_wire_is_no_response(openai_client):
    raw = openai_client.chat.completions.with_raw_response.create(model=OPENAI.model(), messages=HI)
    with pytest.raises(openai.NotFoundError):
        openai_client.responses.retrieve(f"resp_{run_of(raw.headers).removeprefix('run_')}")


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_b5_a_response_that_fails(openai_client, scripted, stream):
    asked = {"model": scripted.model("err2-n5"), "input": SAY}
    if not stream:
        with pytest.raises(openai.InternalServerError):
            openai_client.responses.create(**asked)
        return
    events = list(openai_client.responses.create(**asked, stream=True))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    last = events[-1]
    assert (last.type, last.response.status, last.response.error.code) == (
        "response.failed",
        "failed",
        "server_error",
    )
    assert last.response.output_text == words(2)
    again = openai_client.responses.retrieve(last.response.id)
    assert (again.status, again.output_text) == ("failed", words(2))
