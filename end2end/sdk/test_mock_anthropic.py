"""The mock speaks Anthropic's messages: its answers fit the vendor's types, and the vendor's client reads them."""

import json
import time

import anthropic
import httpx
import httpx2
import pytest
from anthropic.types import ContentBlock, Message, ModelInfo, RawMessageStreamEvent
from anthropic.types.shared import ErrorResponse

from wire import MESSAGES, Event, events, named, validated, words

HEADERS = {"x-api-key": "key", "anthropic-version": "2023-06-01"}
TOOLS = [{"name": name, "input_schema": {"type": "object"}} for name in ("first", "second")]
CALLS = [("first", {"n": 0}), ("second", {"n": 1}), ("first", {"n": 2})]

# What each kind of answer is asked for with, and the reason why it ends.
KINDS = {
    "plain": ({"model": named("n4")}, "end_turn"),
    "length": ({"model": named("n4"), "max_tokens": 2}, "max_tokens"),
    "think": ({"model": named("n4", "think3")}, "end_turn"),
    "tools": ({"model": named("tool3"), "tools": TOOLS}, "tool_use"),
    "thoughtful tools": ({"model": named("think3", "tool3"), "tools": TOOLS}, "tool_use"),
    "filter": ({"model": named("n4", "filter")}, "refusal"),
    "split": ({"model": named("n4", "split")}, "end_turn"),
}
each_kind = pytest.mark.parametrize(("asked", "reason"), KINDS.values(), ids=KINDS.keys())


def request(**asked) -> dict:
    return {"messages": MESSAGES, "max_tokens": 64, **asked}


def whole(http: httpx.Client, **asked) -> Message:
    response = http.post("/v1/messages", json=request(**asked), headers=HEADERS)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].split(";")[0] == "application/json"
    return validated(Message, response.content)


def streamed(http: httpx.Client, **asked) -> list[Event]:
    return events(http.post("/v1/messages", json=request(stream=True, **asked), headers=HEADERS))


def typed(http: httpx.Client, **asked) -> list[RawMessageStreamEvent]:
    """The events that the types describe: all but pings, which the client passes over."""
    found = [event for event in streamed(http, **asked) if event.name != "ping"]
    return [validated(RawMessageStreamEvent, event.data) for event in found]


def text(client: anthropic.Anthropic, *parts: str) -> str:
    with client.messages.stream(**request(model=named("n9", *parts))) as stream:
        return stream.get_final_text()


def calls(message: Message) -> list[tuple[str, dict]]:
    found = [block for block in message.content if block.type == "tool_use"]
    assert len({block.id for block in found}) == len(found)
    return [(block.name, block.input) for block in found]


def lasting(block: ContentBlock) -> dict:
    """What a block says each time it is asked for; its id and its signature may differ."""
    return block.model_dump(exclude={"id", "signature", "parsed_output"}, exclude_none=True)


@each_kind
def test_a_whole_answer_fits_the_type(http, asked, reason):
    message = whole(http, **asked)
    assert (message.stop_reason, message.stop_sequence, message.model) == (reason, None, asked["model"])
    assert (message.stop_details is not None) == (reason == "refusal")
    assert message.usage.input_tokens > 0


@each_kind
def test_every_event_fits_the_type_and_is_named_for_it(http, asked, reason):
    found = streamed(http, **asked)
    assert [event.name for event in found] == [event.json()["type"] for event in found]
    assert all(set(event.json()) == {"type"} for event in found if event.name == "ping")
    (delta,) = [event for event in typed(http, **asked) if event.type == "message_delta"]
    assert (delta.delta.stop_reason, delta.delta.stop_sequence) == (reason, None)
    assert (delta.delta.stop_details is not None) == (reason == "refusal")


@each_kind
def test_the_blocks_come_one_after_the_other_within_the_message(http, asked, reason):
    start, *blocks, delta, stop = typed(http, **asked)
    assert (start.type, delta.type, stop.type) == ("message_start", "message_delta", "message_stop")
    assert (start.message.content, start.message.stop_reason, start.message.stop_sequence) == ([], None, None)
    opened, count = None, 0
    for event in blocks:
        if event.type == "content_block_start":
            assert (opened, event.index) == (None, count)
            opened, count = event.index, count + 1
        else:
            assert event.type in ("content_block_delta", "content_block_stop")
            assert event.index == opened
            opened = None if event.type == "content_block_stop" else opened
    assert opened is None
    assert count > 0


@each_kind
def test_a_stream_says_what_a_whole_answer_says(http, anthropic_client, asked, reason):
    message = whole(http, **asked)
    with anthropic_client.messages.stream(**request(**asked)) as stream:
        final = stream.get_final_message()
    assert [lasting(block) for block in final.content] == [lasting(block) for block in message.content]
    assert (final.stop_reason, final.stop_details) == (message.stop_reason, message.stop_details)
    assert final.usage == message.usage
    if "tools" in asked:
        assert calls(final) == calls(message) == CALLS


def test_a_thought_is_a_signed_block_before_the_answer(http, anthropic_client):
    message = whole(http, model=named("n4", "think3"))
    with anthropic_client.messages.stream(**request(model=named("n4", "think3"))) as stream:
        final = stream.get_final_message()
    for thought, answer in (message.content, final.content):
        assert (thought.thinking, answer.text) == (words(3, "t"), words(4))
        assert thought.signature
    assert message.usage.output_tokens == 7
    assert message.usage.output_tokens_details.thinking_tokens == 3


def test_blocks_begin_empty_and_the_signature_is_a_thoughts_last_delta(http):
    found = typed(http, model=named("think3", "tool1"), tools=TOOLS)
    starts = {event.index: event.content_block for event in found if event.type == "content_block_start"}
    assert (starts[0].type, starts[0].thinking, starts[0].signature) == ("thinking", "", "")
    assert all(block.input == {} for block in starts.values() if block.type == "tool_use")
    deltas = [event.delta.type for event in found if event.type == "content_block_delta" and event.index == 0]
    assert deltas == ["thinking_delta"] * 3 + ["signature_delta"]
    parts = [event.delta for event in found if event.type == "content_block_delta" and event.index]
    assert json.loads("".join(part.partial_json for part in parts if part.type == "input_json_delta")) == {"n": 0}


def test_usage_begins_small_and_ends_with_the_whole(http):
    start, *_, delta, _ = typed(http, model=named("n8"))
    assert start.message.usage.input_tokens > 0
    assert start.message.usage.output_tokens < 8
    assert delta.usage.output_tokens == whole(http, model=named("n8")).usage.output_tokens == 8


def test_the_models_fit_the_type(http, anthropic_client):
    page = http.get("/v1/models", headers=HEADERS).json()
    assert set(page) == {"data", "has_more", "first_id", "last_id"}
    models = [validated(ModelInfo, json.dumps(model)) for model in page["data"]]
    assert (page["first_id"], page["last_id"], page["has_more"]) == (models[0].id, models[-1].id, False)
    assert [model.id for model in anthropic_client.models.list()] == [model.id for model in models]


def test_the_client_reads_a_whole_answer(anthropic_client):
    message = anthropic_client.messages.create(**request(model=named("n3")))
    assert [block.text for block in message.content] == [words(3)]
    assert message._request_id


def test_the_client_reads_a_stream(anthropic_client):
    with anthropic_client.messages.create(**request(model=named("n3")), stream=True) as stream:
        assert stream.response.headers["request-id"]
        deltas = [event.delta.text for event in stream if event.type == "content_block_delta"]
    assert "".join(deltas) == words(3)


def test_a_tool_has_a_name_even_when_none_was_offered(anthropic_client):
    assert calls(anthropic_client.messages.create(**request(model=named("tool1")))) == [("tool", {"n": 0})]


@pytest.mark.parametrize("part", ["bytes", "junk", "twice", "nodone", "jitter3"])
def test_a_strange_transport_changes_no_word(lenient_anthropic_client, part):
    assert text(lenient_anthropic_client, part) == text(lenient_anthropic_client) == words(9)


def test_a_transport_that_splits_characters_changes_no_word(anthropic_client):
    assert text(anthropic_client, "split") == text(anthropic_client, "split", "bytes") == words(9, "ä")


def test_junk_is_unknown_and_twice_is_twice(http):
    body = request(model=named("n2", "junk"), stream=True)
    response = http.post("/v1/messages", json=body, headers=HEADERS)
    assert any(line.startswith(":") for line in response.text.split("\n"))
    assert {event.name for event in events(response)} - {event.name for event in streamed(http, model=named("n2"))}
    names = [event.name for event in streamed(http, model=named("n2", "twice"))]
    assert names.count("message_stop") == 2
    assert "message_stop" not in [event.name for event in streamed(http, model=named("n2", "nodone"))]


ERRORS = {
    400: (anthropic.BadRequestError, {"invalid_request_error"}),
    401: (anthropic.AuthenticationError, {"authentication_error"}),
    403: (anthropic.PermissionDeniedError, {"permission_error"}),
    404: (anthropic.NotFoundError, {"not_found_error"}),
    429: (anthropic.RateLimitError, {"rate_limit_error"}),
    500: (anthropic.InternalServerError, {"api_error"}),
    503: (anthropic.ServiceUnavailableError, {"api_error", "overloaded_error"}),
    529: (anthropic.OverloadedError, {"overloaded_error"}),
}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("status", ERRORS)
def test_a_status_is_the_clients_error_for_it(anthropic_client, status, stream):
    class_, types = ERRORS[status]
    with pytest.raises(class_) as raised:
        anthropic_client.messages.create(**request(model=named(f"status{status}")), stream=stream)
    error = raised.value
    assert (type(error), error.status_code) == (class_, status)
    assert error.type in types
    told = validated(ErrorResponse, error.response.content)
    assert told.error.message == error.api_message and error.api_message in error.message
    assert error.request_id and error.request_id == told.request_id
    assert "retry-after" not in error.response.headers


def test_the_client_waits_as_long_as_it_is_told(http, anthropic_client):
    before, began = http.get("/mock/counts").json()["calls"], time.monotonic()
    with pytest.raises(anthropic.OverloadedError) as raised:
        anthropic_client.with_options(max_retries=1).messages.create(**request(model=named("status529", "retry1")))
    assert raised.value.response.headers["retry-after"] == "1"
    assert time.monotonic() - began >= 1
    assert http.get("/mock/counts").json()["calls"] == before + 2


def read_until(error: type[Exception], client: anthropic.Anthropic, part: str) -> tuple[str, Exception]:
    """What the client reads of a stream that fails, and the error that it raises then."""
    read = ""
    stream = client.messages.create(**request(model=named("n9", part)), stream=True)
    with pytest.raises(error) as raised:
        for event in stream:
            read += event.delta.text if event.type == "content_block_delta" else ""
    return read, raised.value


def test_an_error_in_a_stream_is_raised_after_its_words(http, anthropic_client):
    read, error = read_until(anthropic.APIStatusError, anthropic_client, "err2")
    assert (read, error.status_code) == (words(2), 200)
    last = streamed(http, model=named("n9", "err2"))[-1]
    told = validated(ErrorResponse, last.data)
    assert (last.name, error.type, error.api_message) == ("error", told.error.type, told.error.message)


# Between the events of a stream, this client lets the transport's own errors through.
@pytest.mark.parametrize("count", [0, 2])
def test_a_cut_stream_is_no_silent_end(anthropic_client, count):
    read, _ = read_until(httpx2.RemoteProtocolError, anthropic_client, f"cut{count}")
    assert read == words(count)


def test_a_stalled_stream_times_out(anthropic_client):
    read, _ = read_until(httpx2.ReadTimeout, anthropic_client.with_options(timeout=0.5), "stall2")
    assert read == words(2)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_a_page_calls_itself_one(http, stream):
    body = request(model=named("n2", "html"), stream=stream)
    response = http.post("/v1/messages", json=body, headers=HEADERS)
    assert (response.status_code, response.headers["content-type"].split(";")[0]) == (200, "text/html")
