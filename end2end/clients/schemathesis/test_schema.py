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

from stage import EMBEDDED, start

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
@settings(max_examples=12, deadline=None, database=None, suppress_health_check=list(HealthCheck))
def test_operation(case: Case) -> None:
    case.call_and_validate(timeout=SECONDS)


machine = schema.as_state_machine()
TestSequences = machine.TestCase
TestSequences.settings = settings(
    max_examples=10, stateful_step_count=6, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)


def examples() -> list:
    """The requests that the document shows."""
    raw = schema.raw_schema["paths"]
    return [
        pytest.param(path, method, example["value"], id=f"{method} {path} {name}")
        for path, methods in raw.items()
        for method, operation in methods.items()
        if isinstance(operation, dict)
        for name, example in operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("examples", {}).items()
    ]


@pytest.mark.parametrize(("path", "method", "body"), examples())
def test_example(path: str, method: str, body: dict) -> None:
    """Every request that the document shows works on a fresh server, but for vectors, which need a provider."""
    response = requests.request(method, f"{URL}{path}", json=body, timeout=SECONDS)
    assert response.status_code == (404 if path == "/v1/embeddings" else 200), response.text
    schema[path][method].validate_response(response)
