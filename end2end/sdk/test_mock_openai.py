"""The mock speaks OpenAI's chat completions: its answers fit the vendor's types, and the vendor's client reads them."""

import json
import time

import httpx
import openai
import pytest
from openai.types import Model
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.shared import ErrorObject

from wire import MESSAGES, REASONING, Event, events, named, validated, words

TOOLS = [
    {"type": "function", "function": {"name": name, "parameters": {"type": "object"}}} for name in ("first", "second")
]
CALLS = [("first", {"n": 0}), ("second", {"n": 1}), ("first", {"n": 2})]
USAGE = {"stream_options": {"include_usage": True}}

# What each kind of answer is asked for with, and the reason why it ends.
KINDS = {
    "plain": ({"model": named("n4")}, "stop"),
    "length": ({"model": named("n4"), "max_tokens": 2}, "length"),
    "completion length": ({"model": named("n4"), "max_completion_tokens": 2}, "length"),
    "think": ({"model": named("n4", "think3")}, "stop"),
    "tools": ({"model": named("tool3"), "tools": TOOLS}, "tool_calls"),
    "filter": ({"model": named("n4", "filter")}, "content_filter"),
    "logprobs": ({"model": named("n4"), "logprobs": True, "top_logprobs": 2}, "stop"),
    "chosen logprobs": ({"model": named("n4"), "logprobs": True}, "stop"),
    "split": ({"model": named("n4", "split")}, "stop"),
}
each_kind = pytest.mark.parametrize(("asked", "reason"), KINDS.values(), ids=KINDS.keys())


def whole(http: httpx.Client, **asked) -> ChatCompletion:
    response = http.post("/v1/chat/completions", json={"messages": MESSAGES, **asked})
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].split(";")[0] == "application/json"
    return validated(ChatCompletion, response.content, REASONING)


def streamed(http: httpx.Client, **asked) -> list[Event]:
    return events(http.post("/v1/chat/completions", json={"messages": MESSAGES, "stream": True, **asked}))


def chunks(http: httpx.Client, **asked) -> list[ChatCompletionChunk]:
    *data, done = streamed(http, **asked)
    assert done.data == "[DONE]"
    assert all(event.name is None for event in data)
    return [validated(ChatCompletionChunk, event.data, REASONING) for event in data]


def said(parts: list[ChatCompletionChunk], field: str = "content") -> str:
    return "".join(getattr(choice.delta, field, None) or "" for part in parts for choice in part.choices)


def text(client: openai.OpenAI, *parts: str) -> str:
    with client.chat.completions.stream(model=named("n9", *parts), messages=MESSAGES) as stream:
        return stream.get_final_completion().choices[0].message.content


def calls(completion: ChatCompletion) -> list[tuple[str, dict]]:
    found = completion.choices[0].message.tool_calls
    assert len({call.id for call in found}) == len(found)
    return [(call.function.name, json.loads(call.function.arguments)) for call in found]


@each_kind
def test_a_whole_answer_fits_the_type(http, asked, reason):
    completion = whole(http, **asked)
    assert [choice.finish_reason for choice in completion.choices] == [reason]
    assert completion.model == asked["model"]
    assert completion.usage.total_tokens == completion.usage.prompt_tokens + completion.usage.completion_tokens


@each_kind
def test_every_chunk_fits_the_type(http, asked, reason):
    parts = chunks(http, **asked)
    assert len({(part.id, part.created, part.model) for part in parts}) == 1
    assert parts[0].choices[0].delta.role == "assistant"
    assert [choice.finish_reason for part in parts for choice in part.choices if choice.finish_reason] == [reason]
    assert parts[-1].choices[0].finish_reason == reason


@each_kind
def test_a_stream_says_what_a_whole_answer_says(http, openai_client, asked, reason):
    completion = whole(http, **asked)
    with openai_client.chat.completions.stream(messages=MESSAGES, **asked, **USAGE) as stream:
        final = stream.until_done().current_completion_snapshot
    message, other = completion.choices[0].message, final.choices[0].message
    assert (other.content or "") == (message.content or "")
    assert getattr(other, REASONING, None) == getattr(message, REASONING, None)
    assert final.choices[0].finish_reason == reason
    assert final.usage == completion.usage
    if message.tool_calls:
        assert calls(final) == calls(completion) == CALLS


@pytest.mark.parametrize(
    ("kind", "error"),
    [("length", openai.LengthFinishReasonError), ("filter", openai.ContentFilterFinishReasonError)],
)
def test_the_client_returns_no_answer_that_was_cut_short(openai_client, kind, error):
    asked, _ = KINDS[kind]
    with openai_client.chat.completions.stream(messages=MESSAGES, **asked) as stream, pytest.raises(error):
        stream.get_final_completion()


def test_a_thought_is_text_of_its_own_before_the_answer(http):
    parts = chunks(http, model=named("n4", "think3"))
    assert (said(parts, REASONING), said(parts)) == (words(3, "t"), words(4))
    kinds = [REASONING if getattr(part.choices[0].delta, REASONING, None) else "content" for part in parts]
    assert kinds.index("content", kinds.index(REASONING)) > len(kinds) - 1 - kinds[::-1].index(REASONING)
    usage = whole(http, model=named("n4", "think3")).usage
    assert (usage.completion_tokens, usage.completion_tokens_details.reasoning_tokens) == (7, 3)


def test_logprobs_spell_the_answer(http):
    asked = {"model": named("n4", "split"), "logprobs": True, "top_logprobs": 2}
    choice = whole(http, **asked).choices[0]
    parts = [part.choices[0] for part in chunks(http, **asked)]
    tokens = [token for part in parts if part.logprobs for token in part.logprobs.content or []]
    assert tokens == choice.logprobs.content
    assert [token.token for token in tokens] == ["ä0", " ä1", " ä2", " ä3"]
    for token in tokens:
        assert bytes(token.bytes) == token.token.encode()
        assert token.top_logprobs[0].token == token.token
        best, other = token.top_logprobs
        assert 0 >= best.logprob == token.logprob >= other.logprob


def test_logprobs_come_only_when_asked_for(http):
    assert whole(http, model=named("n4")).choices[0].logprobs is None
    assert all(part.choices[0].logprobs is None for part in chunks(http, model=named("n4")))
    chosen = whole(http, model=named("n4"), logprobs=True).choices[0].logprobs.content
    assert [token.top_logprobs for token in chosen] == [[]] * 4


def test_usage_is_the_last_chunk_and_only_when_asked_for(http):
    *parts, last = chunks(http, model=named("n4"), **USAGE)
    assert (last.choices, last.usage.completion_tokens) == ([], 4)
    assert all(part.usage is None and part.choices for part in parts)
    assert all(part.usage is None and part.choices for part in chunks(http, model=named("n4")))
    assert all(part.usage is None for part in chunks(http, model=named("n4", "nousage"), **USAGE))
    assert whole(http, model=named("n4", "nousage")).usage is None


def test_the_models_fit_the_type(http, openai_client):
    response = http.get("/v1/models").json()
    assert set(response) == {"object", "data"} and response["object"] == "list"
    models = [validated(Model, json.dumps(model)) for model in response["data"]]
    assert [model.id for model in openai_client.models.list()] == [model.id for model in models]
    assert models


def test_the_client_reads_a_whole_answer(openai_client):
    completion = openai_client.chat.completions.create(model=named("n3"), messages=MESSAGES)
    assert completion.choices[0].message.content == words(3)
    assert completion._request_id


def test_the_client_reads_a_stream(openai_client):
    stream = openai_client.chat.completions.create(model=named("n3"), messages=MESSAGES, stream=True)
    assert stream.response.headers["x-request-id"]
    assert said(list(stream)) == words(3)


def test_a_tool_has_a_name_even_when_none_was_offered(openai_client):
    completion = openai_client.chat.completions.create(model=named("tool1"), messages=MESSAGES)
    assert calls(completion) == [("tool", {"n": 0})]


@pytest.mark.parametrize("part", ["bytes", "twice", "nodone", "jitter3"])
def test_a_strange_transport_changes_no_word(openai_client, part):
    assert text(openai_client, part) == text(openai_client) == words(9)


def test_a_transport_that_splits_characters_changes_no_word(openai_client):
    assert text(openai_client, "split") == text(openai_client, "split", "bytes") == words(9, "ä")


# By the standard, an event without data is none. This client takes it for one, so the junk is not for its ears.
def test_junk_hides_no_word(http):
    body = {"model": named("n9", "junk"), "messages": MESSAGES, "stream": True}
    lines = http.post("/v1/chat/completions", json=body).text.split("\n")
    assert any(line.startswith(":") for line in lines)
    assert said(chunks(http, model=named("n9", "junk"))) == words(9)


def test_twice_is_twice_and_nodone_is_never(http):
    assert [event.data for event in streamed(http, model=named("n2", "twice"))].count("[DONE]") == 2
    assert "[DONE]" not in [event.data for event in streamed(http, model=named("n2", "nodone"))]


ERRORS = {
    400: openai.BadRequestError,
    401: openai.AuthenticationError,
    403: openai.PermissionDeniedError,
    404: openai.NotFoundError,
    429: openai.RateLimitError,
    500: openai.InternalServerError,
    503: openai.InternalServerError,
}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("status", ERRORS)
def test_a_status_is_the_clients_error_for_it(openai_client, status, stream):
    with pytest.raises(ERRORS[status]) as raised:
        openai_client.chat.completions.create(model=named(f"status{status}"), messages=MESSAGES, stream=stream)
    error = raised.value
    assert (type(error), error.status_code) == (ERRORS[status], status)
    assert error.request_id
    assert set(error.response.json()) == {"error"}
    told = validated(ErrorObject, json.dumps(error.response.json()["error"]))
    assert told.message and told.message in error.message
    assert "retry-after" not in error.response.headers


def test_the_client_waits_as_long_as_it_is_told(http, openai_client):
    asked = {"model": named("status429", "retry1"), "messages": MESSAGES}
    before, began = http.get("/mock/counts").json()["calls"], time.monotonic()
    with pytest.raises(openai.RateLimitError) as raised:
        openai_client.with_options(max_retries=1).chat.completions.create(**asked)
    assert raised.value.response.headers["retry-after"] == "1"
    assert time.monotonic() - began >= 1
    assert http.get("/mock/counts").json()["calls"] == before + 2


def read_until(error: type[Exception], client: openai.OpenAI, part: str) -> tuple[str, Exception]:
    """What the client reads of a stream that fails, and the error that it raises then."""
    parts = []
    stream = client.chat.completions.create(model=named("n9", part), messages=MESSAGES, stream=True)
    with pytest.raises(error) as raised:
        for chunk in stream:
            parts.append(chunk)
    return said(parts), raised.value


def test_an_error_in_a_stream_is_raised_after_its_words(openai_client):
    read, error = read_until(openai.APIError, openai_client, "err2")
    assert (read, type(error)) == (words(2), openai.APIError)
    assert validated(ErrorObject, json.dumps(error.body)).message == error.message


@pytest.mark.parametrize("count", [0, 2])
def test_a_cut_stream_is_no_silent_end(openai_client, count):
    read, error = read_until(openai.APIConnectionError, openai_client, f"cut{count}")
    assert (read, type(error)) == (words(count), openai.APIConnectionError)


def test_a_stalled_stream_times_out(openai_client):
    read, _ = read_until(openai.APITimeoutError, openai_client.with_options(timeout=0.5), "stall2")
    assert read == words(2)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_a_page_calls_itself_one(http, stream):
    body = {"model": named("n2", "html"), "messages": MESSAGES, "stream": stream}
    response = http.post("/v1/chat/completions", json=body)
    assert (response.status_code, response.headers["content-type"].split(";")[0]) == (200, "text/html")


def test_a_stream_that_is_left_is_no_longer_open(http, openai_client):
    asked = {"model": "mock-ttft0-rate20-n999", "messages": MESSAGES}
    with openai_client.chat.completions.create(**asked, stream=True) as stream:
        next(stream)
        assert http.get("/mock/counts").json()["open"] >= 1
    until = time.monotonic() + 5
    while (counts := http.get("/mock/counts").json())["open"] and time.monotonic() < until:
        time.sleep(0.05)
    assert set(counts) == {"calls", "open", "connections"}
    assert counts["open"] == 0
