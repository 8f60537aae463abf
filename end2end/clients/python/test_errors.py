"""G1, G2, B5: each failure is the error that the vendor's client has for it, and says whether to try again."""

import socket
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import anthropic
import openai
import pytest

from stage import INSIDE, OPENAI, VENDORS
from talk import HI, run_of, words

STATUSES = [400, 401, 403, 404, 409, 413, 422, 429, 500, 503, 529]
CLASSES = {
    400: "BadRequestError",
    401: "AuthenticationError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    409: "ConflictError",
    422: "UnprocessableEntityError",
    429: "RateLimitError",
    500: "InternalServerError",
    503: "InternalServerError",
    529: "InternalServerError",
}
KINDS = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    503: "overloaded_error",
    529: "overloaded_error",
}
# Both clients try these again by themselves.
AGAIN = (409, 429, 500, 503, 529)


@dataclass
class Client:
    """One vendor's client, and how it is asked for an answer."""

    library: ModuleType
    client: Any

    def ask(self, model: str, **asked: Any) -> Any:
        messages = {"model": model, "messages": HI, **asked}
        if self.library is openai:
            return self.client.chat.completions.create(**messages)
        return self.client.messages.create(**{"max_tokens": 50, **messages})

    def texts(self, stream: Any):
        """The pieces of a stream's text, as they come."""
        for part in stream:
            if self.library is openai:
                yield from (choice.delta.content or "" for choice in part.choices)
            elif part.type == "content_block_delta":
                yield part.delta.text

    def fails(self, name: str, *args: Any, **asked: Any) -> Any:
        """The error of a call, which must be of this class and no other."""
        kind = getattr(self.library, name)
        with pytest.raises(kind) as raised:
            self.ask(*args, **asked)
        return raised.value


@pytest.fixture(params=["openai", "anthropic"])
def client(request, openai_client, anthropic_client):
    if request.param == "openai":
        return Client(openai, openai_client)
    return Client(anthropic, anthropic_client)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("status", STATUSES)
def test_g2_a_providers_status_is_the_clients_error(client, scripted, status, stream):
    error = client.fails(CLASSES.get(status, "APIStatusError"), scripted.model(f"status{status}"), stream=stream)
    assert error.status_code == status
    headers = error.response.headers
    run_of(headers)
    assert error.request_id == headers["x-request-id"]
    assert headers["x-should-retry"] == ("true" if status in AGAIN else "false")
    body = error.response.json()
    kind = KINDS.get(status, "invalid_request_error")
    if client.library is openai:
        assert set(body) == {"error"} and set(body["error"]) == {"message", "type", "param", "code"}
        kind = "invalid_request_error" if kind in ("not_found_error", "request_too_large") else kind
        assert body["error"]["code"]
    else:
        assert (body["type"], body["request_id"]) == ("error", error.request_id)
        assert error.type == kind
    assert body["error"]["type"] == kind
    # Who failed, and with what.
    assert body["error"]["message"].startswith(VENDORS[scripted.vendor][0])
    assert str(status) in body["error"]["message"]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_g2_a_providers_wait_is_passed_on(client, scripted, stream):
    error = client.fails("RateLimitError", scripted.model("status429-retry1"), stream=stream)
    assert (error.response.headers["retry-after"], error.response.headers["retry-after-ms"]) == ("1", "1000")


def test_g2_no_credential_is_repeated(client, scripted):
    error = client.fails("AuthenticationError", scripted.model("status401"))
    assert "sk-" not in error.response.text


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_g2_a_model_that_is_not_there(client, stream):
    error = client.fails("NotFoundError", "gone", stream=stream)
    assert "gone" in error.message
    assert error.response.headers["x-should-retry"] == "false"
    assert "x-etude-run" not in error.response.headers
    if client.library is openai:
        assert (error.code, error.param) == ("model_not_found", "model")


def test_g2_a_key_that_was_used_for_something_else(client, target):
    key = {"extra_headers": {"Idempotency-Key": f"{client.library.__name__}-{target.vendor}"}}
    client.ask(target.model(), max_tokens=4, **key)
    error = client.fails("ConflictError", target.model(), max_tokens=5, **key)
    assert error.response.headers["x-should-retry"] == "false"


def test_g2_a_body_that_is_too_large(client):
    error = client.fails("APIStatusError", OPENAI.model(), messages=[{"role": "user", "content": "x" * (17 << 20)}])
    assert error.status_code == 413
    assert client.library is openai or error.type == "request_too_large"


def test_g2_a_prompt_that_is_too_long_for_the_model(client):
    error = client.fails("BadRequestError", INSIDE.model(), messages=[{"role": "user", "content": "word " * 20000}])
    if client.library is openai:
        assert error.code == "context_length_exceeded"


def test_g1_a_client_that_waits_no_longer(client, scripted):
    client.client = client.client.with_options(timeout=0.4)
    for stream in (False, True):
        client.fails("APITimeoutError", scripted.model("head2000-n4"), stream=stream)


def test_g1_a_server_that_is_not_there(client):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        client.client = client.client.with_options(base_url=f"http://127.0.0.1:{closed.getsockname()[1]}/v1")
        error = client.fails("APIConnectionError", OPENAI.model())
    assert not isinstance(error, client.library.APITimeoutError)


@pytest.mark.parametrize("script", ["err2-n5", "cut2-n5"])
def test_b5_a_stream_that_fails_raises_after_its_words(client, stage, scripted, script):
    stream = client.ask(scripted.model(script), stream=True)
    run = run_of(stream.response.headers)
    said = []
    with pytest.raises(client.library.APIError) as raised:
        for text in client.texts(stream):
            said.append(text)
    assert "".join(said) == words(2)
    # Told by the server in the wire's words, not a connection that broke.
    assert not isinstance(raised.value, client.library.APIConnectionError)
    assert raised.value.body["error" if client.library is anthropic else "message"]
    found = stage.run(run)
    assert (found["status"], found["output"]["text"]) == ("failed", words(2))
    assert found["error"]["code"].startswith("upstream_")


@pytest.mark.parametrize("script", ["err2-n5", "cut2-n5"])
def test_b5_an_answer_that_fails_midway_is_none(client, stage, scripted, script):
    error = client.fails("InternalServerError", scripted.model(script))
    assert stage.run(run_of(error.response.headers))["output"]["text"] == words(2)


def test_g2_a_path_that_is_not_there(openai_client, anthropic_client):
    with pytest.raises(openai.NotFoundError) as raised:
        openai_client.images.generate(model=OPENAI.model(), prompt="A dot.")
    assert raised.value.response.json()["error"]["message"]
    with pytest.raises(anthropic.NotFoundError) as raised:
        anthropic_client.beta.files.list()
    assert raised.value.type == "not_found_error"


def test_g2_a_body_that_is_no_json(openai_client, anthropic_client):
    with pytest.raises(openai.BadRequestError):
        openai_client.post("/chat/completions", cast_to=object, content=b"{", options={})
    with pytest.raises(anthropic.BadRequestError) as raised:
        anthropic_client.post("/v1/messages", cast_to=object, content=b"{", options={})
    assert raised.value.type == "invalid_request_error"
