"""G1: LangChain's chat models, whose clients are the vendors' own."""

import pytest
from langchain_anthropic import ChatAnthropic
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI

from stage import ANTHROPIC, INSIDE, OPENAI
from talk import ROME, City, words


@tool
def first(n: int) -> str:
    """Tells something."""
    return f"noon {n}"


def made(wire, stage, model, **more):
    """A chat model of LangChain's on one of the wires."""
    shared = {"model": model, "api_key": "key", "max_retries": 0, "timeout": 30, "max_tokens": 60, **more}
    if wire == "messages":
        return ChatAnthropic(base_url=stage.url, **shared)
    return ChatOpenAI(base_url=f"{stage.url}/v1", use_responses_api=wire == "responses", **shared)


WIRES = ["chat", "responses", "messages"]


@pytest.fixture(params=WIRES)
def chat(request, stage):
    return lambda model, **more: made(request.param, stage, model, **more)


def test_g1_invoke(chat, target):
    answer = chat(target.model(), max_tokens=16).invoke([SystemMessage("Be short."), HumanMessage("Say hello.")])
    assert answer.text.strip() if target is INSIDE else answer.text == words(4)
    usage = answer.usage_metadata
    assert usage["input_tokens"] > 0 and usage["output_tokens"] > 0
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]


def test_g1_stream(chat, target):
    chunks = list(chat(target.model(), max_tokens=16).stream("Say hello."))
    whole = "".join(chunk.text for chunk in chunks)
    assert whole.strip() if target is INSIDE else whole == words(4)
    assert len(chunks) > 2


@pytest.mark.anyio
async def test_g1_astream(stage):
    """All in one loop: LangChain shares one client among all models of an address."""
    for target in (OPENAI, ANTHROPIC):
        for wire in WIRES:
            said = [chunk.text async for chunk in made(wire, stage, target.model()).astream("Say hello.")]
            assert "".join(said) == words(4)


def test_g1_batch(chat, scripted):
    answers = chat(scripted.model("echo")).batch([f"number {number}" for number in range(8)])
    assert [answer.text for answer in answers] == [f"number {number}" for number in range(8)]


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "stream"])
def test_g1_tools_there_and_back(chat, scripted, streamed):
    model = chat(scripted.model("tool1")).bind_tools([first])
    asked = [HumanMessage("What?")]
    if streamed:
        answer = None
        for chunk in model.stream(asked):
            answer = chunk if answer is None else answer + chunk
    else:
        answer = model.invoke(asked)
    [call] = answer.tool_calls
    assert (call["name"], call["args"]) == ("first", {"n": 0})
    result = first.invoke(call)
    assert isinstance(result, ToolMessage)
    said = AIMessage(content=answer.content, tool_calls=answer.tool_calls)
    final = chat(scripted.model()).bind_tools([first]).invoke([*asked, said, result])
    assert final.text == words(4)


def test_g1_structured_output_by_a_form(chat, scripted):
    model = chat(scripted.model("echo")).with_structured_output(City, method="json_schema")
    assert model.invoke(ROME.model_dump_json()) == ROME


def test_g1_structured_output_by_a_tool(chat, scripted):
    """The mock calls the tool that was offered, with an `n`."""
    schema = {"title": "count", "description": "A number.", "type": "object", "properties": {"n": {"type": "integer"}}}
    model = chat(scripted.model("tool1")).with_structured_output(schema, method="function_calling")
    assert model.invoke("How many?") == {"n": 0}


def test_g1_the_model_inside_keeps_to_a_form(chat):
    model = chat(INSIDE.model()).with_structured_output(City, method="json_schema")
    assert isinstance(model.invoke("Rome is a city with 2750000 inhabitants. Say so as JSON."), City)


def test_g1_thinking_is_shown(stage):
    model = ChatAnthropic(
        model=ANTHROPIC.model("think3-n4"),
        base_url=stage.url,
        api_key="key",
        max_tokens=2048,
        thinking={"type": "enabled", "budget_tokens": 1024},
    )
    thought, said = model.invoke("Say hello.").content
    assert (thought["type"], thought["thinking"], thought["signature"]) == ("thinking", words(3, "t"), "signed")
    assert said["text"] == words(4)


def test_g1_token_counts(stage):
    model = ChatAnthropic(model=OPENAI.model(), base_url=stage.url, api_key="key")
    assert model.get_num_tokens_from_messages([HumanMessage("Say hello.")]) > 0
