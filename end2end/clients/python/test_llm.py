"""G1: `llm`, the command and the library, with models of its own configuration file."""

import os
import subprocess
import sys

import llm
import pytest

from stage import ANTHROPIC, INSIDE, OPENAI
from talk import ROME, City, words

MODEL = """- model_id: {id}
  model_name: {name}
  api_base: "{url}/v1"
  supports_schema: true
  {more}
"""


@pytest.fixture(scope="module")
def folder(stage, tmp_path_factory):
    """A folder of the command's own, with every model once for each way to ask."""
    folder = tmp_path_factory.mktemp("llm")
    models = [
        MODEL.format(id=f"{way}-{name}", name=name, url=stage.url, more=more)
        for name in (OPENAI.model(), ANTHROPIC.model(), INSIDE.model(), OPENAI.model("echo"), ANTHROPIC.model("echo"))
        for way, more in (("chat", ""), ("completion", "completion: true"), ("responses", "responses: true"))
    ]
    (folder / "extra-openai-models.yaml").write_text("".join(models))
    return folder


@pytest.fixture
def library(folder, monkeypatch):
    """The library, which reads the folder each time."""
    monkeypatch.setenv("LLM_USER_PATH", str(folder))
    return llm


def run(folder, *args):
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "LLM_"))}
    done = subprocess.run(
        [sys.executable, "-m", "llm", *args],
        env={**environment, "LLM_USER_PATH": str(folder)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_g1_the_command_prompts(folder, target):
    text = run(folder, "-m", f"chat-{target.model()}", "Say hello.", "-o", "max_tokens", "12")
    assert text.strip() if target is INSIDE else text.strip() == words(4)


def test_g1_the_command_takes_a_form(folder):
    asked = [ROME.model_dump_json(), "--schema", "name, inhabitants int"]
    text = run(folder, "-m", f"chat-{OPENAI.model('echo')}", *asked)
    assert City.model_validate_json(text) == ROME


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("way", ["chat", "completion", "responses"])
def test_g1_the_library_prompts(library, target, way, stream):
    response = library.get_model(f"{way}-{target.model()}").prompt("Say hello.", stream=stream, max_tokens=12)
    text = "".join(response) if stream else response.text()
    assert text.strip() if target is INSIDE else text == words(4)


def test_g1_the_library_goes_on(library, scripted):
    conversation = library.get_model(f"chat-{scripted.model('echo')}").conversation()
    assert [conversation.prompt(text).text() for text in ("One {{x}}", "Two")] == ["One {{x}}", "Two"]


def test_g1_the_library_takes_a_form(library, scripted):
    response = library.get_model(f"chat-{scripted.model('echo')}").prompt(ROME.model_dump_json(), schema=City)
    assert City.model_validate_json(response.text()) == ROME
