"""G1: instructor, on both vendors' clients. It is installed as without-dependencies.txt says."""

import anthropic
import instructor
import openai
import pytest
from pydantic import BaseModel

from stage import INSIDE
from talk import ROME, City

SECONDS = 30.0


class Count(BaseModel):
    """A number."""

    n: int


ECHO = [{"role": "user", "content": ROME.model_dump_json()}]
ROME_IN_WORDS = [{"role": "user", "content": "Rome is a city with 2750000 inhabitants. Say so as JSON."}]


@pytest.fixture
def openai_plain(stage):
    with openai.OpenAI(base_url=f"{stage.url}/v1", api_key="key", max_retries=0, timeout=SECONDS) as client:
        yield client


@pytest.fixture
def anthropic_plain(stage):
    with anthropic.Anthropic(base_url=stage.url, api_key="key", max_retries=0, timeout=SECONDS) as client:
        yield client


def test_g1_a_form_on_openais_wire(openai_plain, scripted):
    client = instructor.from_openai(openai_plain, mode=instructor.Mode.JSON_SCHEMA)
    answer = client.chat.completions.create(
        model=scripted.model("echo"), messages=ECHO, response_model=City, max_retries=1
    )
    assert answer.model_dump() == ROME.model_dump()


def test_g1_a_form_of_the_model_inside_on_openais_wire(openai_plain):
    client = instructor.from_openai(openai_plain, mode=instructor.Mode.JSON_SCHEMA)
    answer = client.chat.completions.create(
        model=INSIDE.model(), messages=ROME_IN_WORDS, response_model=City, max_tokens=160, temperature=0, max_retries=1
    )
    assert isinstance(answer, City)


def test_g1_a_tool_on_openais_wire(openai_plain, scripted):
    client = instructor.from_openai(openai_plain, mode=instructor.Mode.TOOLS)
    answer = client.chat.completions.create(
        model=scripted.model("tool1"), messages=ECHO, response_model=Count, max_retries=1
    )
    assert answer.n == 0


def test_g1_a_form_in_pieces(openai_plain, scripted):
    client = instructor.from_openai(openai_plain, mode=instructor.Mode.JSON_SCHEMA)
    parts = list(
        client.chat.completions.create_partial(model=scripted.model("echo"), messages=ECHO, response_model=City)
    )
    assert (parts[-1].name, parts[-1].inhabitants) == (ROME.name, ROME.inhabitants)
    assert parts[0].inhabitants is None


def test_g1_json_on_anthropics_wire(anthropic_plain, scripted):
    client = instructor.from_anthropic(anthropic_plain, mode=instructor.Mode.JSON)
    answer = client.messages.create(
        model=scripted.model("echo"), messages=ECHO, response_model=City, max_tokens=200, max_retries=1
    )
    assert answer.model_dump() == ROME.model_dump()


def test_g1_a_tool_on_anthropics_wire(anthropic_plain, scripted):
    client = instructor.from_anthropic(anthropic_plain, mode=instructor.Mode.TOOLS)
    answer = client.messages.create(
        model=scripted.model("tool1"), messages=ECHO, response_model=Count, max_tokens=200, max_retries=1
    )
    assert answer.n == 0
