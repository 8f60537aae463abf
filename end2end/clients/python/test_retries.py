"""G1, G2, D2: clients try again where that helps, and a submission with a key is one submission."""

import time

import anthropic
import openai
import pytest

from stage import INSIDE, OPENAI
from talk import HI, run_of, words


@pytest.fixture(params=["openai", "anthropic"])
def tries(request, openai_client, anthropic_client):
    """Asks as a client does that tries twice more."""
    if request.param == "openai":
        client = openai_client.with_options(max_retries=2)
        return openai, lambda model: client.chat.completions.create(model=model, messages=HI)
    client = anthropic_client.with_options(max_retries=2)
    return anthropic, lambda model: client.messages.create(model=model, messages=HI, max_tokens=9)


def counted(stage, library, error, ask):
    before = stage.calls()
    with pytest.raises(getattr(library, error)):
        ask()
    return stage.calls() - before


def test_g1_a_failure_of_the_server_is_tried_again(stage, scripted, tries):
    library, ask = tries
    assert counted(stage, library, "InternalServerError", lambda: ask(scripted.model("status500"))) == 3


@pytest.mark.parametrize("status, error", [(400, "BadRequestError"), (422, "UnprocessableEntityError")])
def test_g1_a_mistake_of_the_client_is_not(stage, scripted, tries, status, error):
    library, ask = tries
    assert counted(stage, library, error, lambda: ask(scripted.model(f"status{status}"))) == 1


def test_g1_a_client_waits_as_long_as_it_is_told(stage, tries):
    library, ask = tries
    began = time.monotonic()
    assert counted(stage, library, "RateLimitError", lambda: ask(OPENAI.model("status429-retry1"))) == 3
    assert 2 <= time.monotonic() - began < 4


def keyed(key):
    return {"extra_headers": {"Idempotency-Key": key}}


def both(openai_client, anthropic_client, stage, target, key):
    """Asks each wire of a vendor twice with one key; gives the answers in pairs."""
    chat = openai_client.chat.completions.with_raw_response.create
    completion = openai_client.completions.with_raw_response.create
    response = openai_client.responses.with_raw_response.create
    message = anthropic_client.messages.with_raw_response.create
    short = {"model": target.model()}
    for name, ask in {
        "chat": lambda more: chat(**short, messages=HI, max_tokens=8, **more),
        "completion": lambda more: completion(**short, prompt="Hi", max_tokens=8, **more),
        "response": lambda more: response(**short, input="Hi", max_output_tokens=8, **more),
        "message": lambda more: message(**short, messages=HI, max_tokens=8, **more),
    }.items():
        before = stage.calls()
        yield [ask(keyed(f"{key}-{target.vendor}-{name}")) for _ in range(2)], stage.calls() - before


def test_d2_the_same_key_is_the_same_run(openai_client, anthropic_client, stage, target):
    for (first, second), calls in both(openai_client, anthropic_client, stage, target, "same"):
        assert run_of(first.headers) == run_of(second.headers)
        assert first.http_response.text == second.http_response.text
        assert calls == (0 if target is INSIDE else 1)


def test_d2_the_same_key_streams_the_same_run(openai_client, anthropic_client, stage, scripted):
    key = keyed(f"stream-{scripted.vendor}")
    asked = {"model": scripted.model("n40-rate50"), "messages": HI, "stream": True}
    before = stage.calls()
    # The second comes while the first is under way.
    streams = [openai_client.chat.completions.create(**asked, **key) for _ in range(2)]
    assert len({run_of(stream.response.headers) for stream in streams}) == 1
    texts = ["".join(chunk.choices[0].delta.content or "" for chunk in stream) for stream in streams]
    assert texts == [words(40)] * 2
    key = keyed(f"messages-{scripted.vendor}")
    streams = [anthropic_client.messages.create(**asked, max_tokens=50, **key) for _ in range(2)]
    assert len({run_of(stream.response.headers) for stream in streams}) == 1
    texts = ["".join(event.delta.text for event in stream if event.type == "content_block_delta") for stream in streams]
    assert texts == [words(40)] * 2
    assert stage.calls() == before + 2


def test_d2_a_request_id_in_the_body_is_such_a_key(openai_client, stage):
    """It is Etude's own word, and is not passed on."""
    asked = {"model": OPENAI.model(), "messages": HI, "extra_body": {"request_id": "a-body-1"}}
    answers = [openai_client.chat.completions.with_raw_response.create(**asked) for _ in range(2)]
    [run] = {run_of(answer.headers) for answer in answers}
    assert "request_id" not in stage.sent(run)
    with pytest.raises(openai.ConflictError):
        openai_client.chat.completions.create(**{**asked, "max_tokens": 2})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"extra_body": {"house_rules": 1}}, {"extra_body": {"house_rules": 2}}),
        ({"metadata": {"order": "7"}}, {"metadata": {"order": "8"}}),
        ({"user": "u-1"}, {}),
        ({"temperature": 0.5}, {"temperature": 0.25}),
    ],
    ids=["unknown", "metadata", "user", "temperature"],
)
def test_d2_a_key_with_another_body_is_a_conflict(openai_client, request, one, other):
    """Each of these fields reaches the upstream, so that the second answer would be another one's."""
    asked = {"model": OPENAI.model(), "messages": HI, **keyed(request.node.callspec.id)}
    openai_client.chat.completions.create(**asked, **one)
    with pytest.raises(openai.ConflictError):
        openai_client.chat.completions.create(**asked, **other)


def test_d2_a_key_with_another_response_is_a_conflict(openai_client):
    """What a response repeats of its request is of the request that was run."""
    asked = {"model": OPENAI.model(), "input": "Hi", **keyed("another-response")}
    openai_client.responses.create(**asked, metadata={"order": "7"})
    with pytest.raises(openai.ConflictError):
        openai_client.responses.create(**asked, metadata={"order": "8"})


@pytest.mark.parametrize("script", ["status429-retry1", "status503", "status529"])
def test_d2_a_refusal_is_not_remembered(openai_client, stage, script):
    """The client is told to try again, and does so with its key: that must be a new try."""
    client = openai_client.with_options(max_retries=1)
    asked = {"model": OPENAI.model(script), "messages": HI, **keyed(script)}
    before = stage.calls()
    with pytest.raises(openai.APIStatusError) as raised:
        client.chat.completions.create(**asked)
    assert raised.value.response.headers["x-should-retry"] == "true"
    assert stage.calls() == before + 2


def test_d2_without_a_key_each_is_a_run_of_its_own(openai_client):
    asked = {"model": OPENAI.model(), "messages": HI}
    runs = {run_of(openai_client.chat.completions.with_raw_response.create(**asked).headers) for _ in range(3)}
    assert len(runs) == 3
