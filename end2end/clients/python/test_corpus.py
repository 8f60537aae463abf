"""The corpus of requests knows every field that the vendors' own types document."""

import json
from pathlib import Path

import pytest
from anthropic.types import message_count_tokens_params, message_create_params
from openai.types import completion_create_params
from openai.types.chat import completion_create_params as chat_create_params
from openai.types.responses import response_create_params

CORPUS = Path(__file__).parents[3] / "crates/wires/tests/corpus"

# What each vendor's type documents; the model is in every request, and what is streamed is said elsewhere.
TYPES = {
    "chat": chat_create_params.CompletionCreateParamsBase,
    "completions": completion_create_params.CompletionCreateParamsBase,
    "responses": response_create_params.ResponseCreateParamsBase,
    "messages": message_create_params.MessageCreateParamsBase,
}
ELSEWHERE = {"model", "stream", "previous_response_id"}


@pytest.mark.parametrize("wire", TYPES)
def test_g1_every_documented_field_has_a_row(wire):
    rows = json.loads((CORPUS / f"{wire}.json").read_text())
    known = {row["field"].split(":")[0] for row in rows}
    documented = set(TYPES[wire].__annotations__) - ELSEWHERE
    assert documented - known == set()


def test_g1_a_count_is_asked_for_with_the_fields_of_a_message():
    counted = set(message_count_tokens_params.MessageCountTokensParams.__annotations__)
    assert counted - set(TYPES["messages"].__annotations__) == set()
