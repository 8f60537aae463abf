"""The document says what the server does: requests are made up from it, and every answer is held against it.

Whatever an operation's schemas admit, and much that they do not, is sent: the answer's status, headers, content type
and body must be what the document says, events of streams included; nothing may end in an error of the server; what
the schemas forbid must be refused; a method that is not there must be answered with 405.
"""

from copy import deepcopy
from itertools import cycle
from pathlib import Path

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case

from stage import EMBEDDED, SCRIPTS, start

SECONDS = 20.0
TOKENS = 4

# The document tells which tests there are, so the server is started before they are collected.
URL = start()
CONFIG = schemathesis.Config.from_path(Path(__file__).with_name("schemathesis.toml"))
schema = schemathesis.openapi.from_url(f"{URL}/openapi.json", config=CONFIG)

LIMITS = {
    "/v1/runs": "max_tokens",
    "/v1/chat/completions": "max_tokens",
    "/v1/completions": "max_tokens",
    "/v1/messages": "max_tokens",
    "/v1/responses": "max_output_tokens",
}
MODELS = cycle((EMBEDDED, "openai-n2", "anthropic-n2"))


@schemathesis.hook
def before_call(ctx, case: Case, kwargs: dict) -> None:
    """Keeps answers short, and lets each kind of upstream answer. What is wrong in a request stays wrong."""
    limit = LIMITS.get(case.path)
    if limit is None or not isinstance(case.body, dict):
        return
    # Examples are used again for other cases.
    case.body = body = deepcopy(case.body)
    shorten(body.get("params") if case.path == "/v1/runs" else body, limit)
    if isinstance(body.get("model"), str):
        body["model"] = next(MODELS)
    # A request that asks nothing is refused, which no schema says.
    if isinstance(body.get("messages"), list) and body["messages"]:
        body["messages"].append({"role": "user", "content": "Say hello."})


def shorten(params: object, limit: str) -> None:
    if not isinstance(params, dict):
        return
    tokens = params.get(limit, TOKENS + 1)
    if isinstance(tokens, int) and not isinstance(tokens, bool) and TOKENS < tokens < 2**31:
        params[limit] = TOKENS


@schema.parametrize()
@settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))
def test_operation(case: Case) -> None:
    case.call_and_validate(timeout=SECONDS)


machine = schema.as_state_machine()
TestSequences = machine.TestCase
TestSequences.settings = settings(
    max_examples=10, stateful_step_count=6, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)


# Operations whose examples need something that a fresh server lacks: a provider that makes vectors, what is shared.
NEEDS = ("/v1/embeddings", "/v1/shares")


def json_of(operation: dict) -> dict:
    return operation["requestBody"]["content"].get("application/json", {})


def examples() -> list:
    """The requests that the document shows."""
    return [
        pytest.param(path, method, example["value"], id=f"{method} {path} {name}")
        for path, methods in schema.raw_schema["paths"].items()
        for method, operation in methods.items()
        # What is about one thing needs that thing.
        if "requestBody" in operation and "{" not in path and path not in NEEDS
        for name, example in json_of(operation).get("examples", {}).items()
    ]


def asked(method: str, path: str, of: str | None = None, **more) -> requests.Response:
    """Asks, and holds the answer against what the document says of the operation."""
    response = requests.request(method, f"{URL}{path}", timeout=SECONDS, **more)
    schema[of or path][method].validate_response(response)
    return response


@pytest.mark.parametrize(("path", "method", "body"), examples())
def test_example(path: str, method: str, body: dict) -> None:
    """Every request that the document shows works on a fresh server."""
    response = asked(method, path, json=body)
    assert response.status_code in (200, 201), response.text


CHAT = {"messages": [{"role": "user", "content": "Say hello."}]}
PARAMETERS = {"type": "object"}
BODIES = {
    "/v1/runs": {**CHAT, "tools": [{"name": "first"}]},
    "/v1/chat/completions": {
        **CHAT,
        "tools": [{"type": "function", "function": {"name": "first", "parameters": PARAMETERS}}],
        "stream_options": {"include_usage": True},
    },
    "/v1/completions": {"prompt": "Say hello."},
    "/v1/responses": {"input": "Say hello.", "tools": [{"type": "function", "name": "first"}]},
    "/v1/messages": {**CHAT, "max_tokens": 32, "tools": [{"name": "first", "input_schema": PARAMETERS}]},
}


@pytest.mark.parametrize("vendor", ["openai", "anthropic"])
@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("path", BODIES)
def test_kind_of_answer(path: str, script: str, vendor: str) -> None:
    """Tools, reasoning, a filter, a cut, an error early and late: each whole and streamed, and read again later."""
    for stream in (False, True):
        body = {**BODIES[path], "model": f"{vendor}-{script}"}
        headers = {}
        if path == "/v1/runs":
            headers = {"accept": "text/event-stream" if stream else "application/json"}
        else:
            body["stream"] = stream
        response = asked("POST", path, json=body, headers=headers)
        run = response.headers["x-etude-run"]
        for more in ("", "/events", "/wire"):
            asked("GET", f"/v1/runs/{run}{more}", f"/v1/runs/{{id}}{more}")
        if path == "/v1/responses":
            id = run.replace("run_", "resp_")
            for more in ("", "/input_items"):
                asked("GET", f"/v1/responses/{id}{more}", f"/v1/responses/{{id}}{more}")
            asked("GET", f"/v1/responses/{id}", "/v1/responses/{id}", params={"stream": "true"})
            asked("DELETE", f"/v1/responses/{id}", "/v1/responses/{id}")
