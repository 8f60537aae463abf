"""B4, B5, G1: each call of a client is a run, which is kept as the client saw it."""

import time

import pytest

from stage import OPENAI
from talk import HI, hex_of, run_of, words

SAY = "Say hello in one short sentence."
WIRES = ("openai.chat", "openai.completions", "openai.responses", "anthropic.messages")


class Asks:
    """The four wires, each asked in its own way; gives the raw answer, or an open stream."""

    def __init__(self, openai_client, lenient_openai_client, anthropic_client) -> None:
        self.openai, self.lenient, self.anthropic = openai_client, lenient_openai_client, anthropic_client

    def whole(self, wire, model):
        if wire == "openai.chat":
            raw = self.openai.chat.completions.with_raw_response.create(model=model, messages=HI, max_tokens=9)
            return raw, raw.parse().choices[0].message.content
        if wire == "openai.completions":
            raw = self.openai.completions.with_raw_response.create(model=model, prompt=SAY, max_tokens=9)
            return raw, raw.parse().choices[0].text
        if wire == "openai.responses":
            raw = self.openai.responses.with_raw_response.create(model=model, input=SAY, max_output_tokens=9)
            return raw, raw.parse().output_text
        raw = self.anthropic.messages.with_raw_response.create(model=model, messages=HI, max_tokens=9)
        return raw, raw.parse().content[0].text

    def stream(self, wire, model):
        if wire == "openai.chat":
            return self.openai.chat.completions.create(model=model, messages=HI, stream=True)
        if wire == "openai.completions":
            return self.lenient.completions.create(model=model, prompt=SAY, stream=True)
        if wire == "openai.responses":
            return self.openai.responses.create(model=model, input=SAY, stream=True)
        return self.anthropic.messages.create(model=model, messages=HI, max_tokens=900, stream=True)


@pytest.fixture
def asks(openai_client, lenient_openai_client, anthropic_client):
    return Asks(openai_client, lenient_openai_client, anthropic_client)


@pytest.mark.parametrize("wire", WIRES)
def test_g1_a_call_is_a_run(asks, stage, target, wire):
    raw, text = asks.whole(wire, target.model())
    run = stage.run(run_of(raw.headers))
    assert (run["wire"], run["status"], run["output"]["text"]) == (wire, "finished", text)
    assert run["model"] == target.model()
    assert hex_of(run["id"]) in raw.http_response.text
    assert run["usage"]["output_tokens"] > 0


@pytest.mark.parametrize("wire", WIRES)
def test_g1_what_the_client_sent_is_kept_but_not_its_key(asks, stage, wire):
    raw, _ = asks.whole(wire, OPENAI.model())
    client = stage.http.get(f"/v1/runs/{run_of(raw.headers)}/wire").json()["client"]
    assert client["method"] == "POST" and client["url"].startswith("/v1/")
    assert client["body"] == raw.http_request.content.decode()
    assert not {"key", "Bearer key"} & set(client["headers"].values())


def test_b4_a_client_that_leaves_cancels_its_run_after_a_while(asks, stage, openai_client, scripted):
    """All wires at once, since the grace takes its time; who reads in the background may leave as it likes."""
    model = scripted.model("n400-rate20")
    streams = {wire: asks.stream(wire, model) for wire in WIRES}
    kept = openai_client.responses.create(model=model, input=SAY, background=True, stream=True)
    streams["background"] = kept
    runs = {wire: run_of(stream.response.headers) for wire, stream in streams.items()}
    for stream in streams.values():
        for _ in range(5):
            next(stream)
    assert stage.counts()["open"] >= len(streams)
    left = time.monotonic()
    for stream in streams.values():
        stream.close()
    for wire in WIRES:
        run = stage.wait(runs[wire], seconds=7 - (time.monotonic() - left))
        assert (run["status"], run["finish_reason"], run["wire"]) == ("cancelled", "cancelled", wire)
        text = run["output"]["text"]
        assert text and words(400).startswith(text)
    assert time.monotonic() - left > 4
    going = stage.run(runs["background"])
    assert going["status"] == "running"
    cancelled = openai_client.responses.cancel(f"resp_{hex_of(going['id'])}")
    assert len(cancelled.output_text.split()) > 60
    until = time.monotonic() + 2
    while stage.counts()["open"] and time.monotonic() < until:
        time.sleep(0.05)
    assert stage.counts()["open"] == 0


def test_b4_a_client_that_comes_back_in_time_saves_its_run(openai_client, stage):
    """With its key it finds the same run again, which then has a reader."""
    asked = {
        "model": OPENAI.model("n40-rate50"),
        "messages": HI,
        "stream": True,
        "extra_headers": {"Idempotency-Key": "back-in-time"},
    }
    first = openai_client.chat.completions.create(**asked)
    next(first)
    first.close()
    again = openai_client.chat.completions.create(**asked)
    assert run_of(again.response.headers) == run_of(first.response.headers)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in again) == words(40)
