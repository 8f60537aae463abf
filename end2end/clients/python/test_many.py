"""G1: many clients at once, none of whom gets another's answer."""

import asyncio

import anthropic
import openai
import pytest

from stage import INSIDE, OPENAI
from talk import words

MANY = 50
SECONDS = 60.0


@pytest.fixture
async def clients(stage):
    shared = {"api_key": "key", "max_retries": 0, "timeout": SECONDS, "_strict_response_validation": True}
    async with (
        openai.AsyncOpenAI(base_url=f"{stage.url}/v1", **shared) as first,
        anthropic.AsyncAnthropic(base_url=stage.url, **shared) as second,
    ):
        yield first, second


def said(number):
    return [{"role": "user", "content": f"number {number} of {MANY}"}]


@pytest.mark.anyio
async def test_g1_many_whole_answers_at_once(clients, scripted):
    first, second = clients
    model = scripted.model("echo")

    async def chat(number):
        answer = await first.chat.completions.create(model=model, messages=said(number))
        return answer.id, answer.choices[0].message.content

    async def message(number):
        answer = await second.messages.create(model=model, messages=said(number), max_tokens=50)
        return answer.id, answer.content[0].text

    async def response(number):
        answer = await first.responses.create(model=model, input=said(number))
        return answer.id, answer.output_text

    for ask in (chat, message, response):
        answers = await asyncio.gather(*(ask(number) for number in range(MANY)))
        assert [text for _, text in answers] == [said(number)[0]["content"] for number in range(MANY)]
        assert len({id for id, _ in answers}) == MANY


@pytest.mark.anyio
async def test_g1_many_streams_at_once(clients, scripted):
    first, second = clients

    async def chat():
        text = ""
        stream = await first.chat.completions.create(model=scripted.model("n40-rate50"), messages=said(0), stream=True)
        async for chunk in stream:
            text += chunk.choices[0].delta.content or ""
        return text

    async def message():
        async with second.messages.stream(
            model=scripted.model("n40-rate50"), messages=said(0), max_tokens=50
        ) as stream:
            return await stream.get_final_text()

    answers = await asyncio.gather(*([chat() for _ in range(MANY // 2)] + [message() for _ in range(MANY // 2)]))
    assert answers == [words(40)] * MANY


@pytest.mark.anyio
async def test_g1_the_async_stream_helpers(clients):
    first, second = clients
    async with first.chat.completions.stream(model=OPENAI.model(), messages=said(0)) as stream:
        assert (await stream.get_final_completion()).choices[0].message.content == words(4)
    async with first.responses.stream(model=OPENAI.model(), input=said(0)) as stream:
        assert (await stream.get_final_response()).output_text == words(4)
    async with second.messages.stream(model=OPENAI.model(), messages=said(0), max_tokens=9) as stream:
        assert await stream.get_final_text() == words(4)


@pytest.mark.anyio
async def test_g1_several_ask_the_model_inside_at_once(clients):
    first, second = clients
    asked = {"model": INSIDE.model(), "messages": said(0), "max_tokens": 8}
    answers = await asyncio.gather(
        *(first.chat.completions.create(**asked, temperature=0) for _ in range(6)),
        *(second.messages.create(**asked) for _ in range(2)),
    )
    assert all(answer.choices[0].message.content for answer in answers[:6])
    assert all(answer.content[0].text for answer in answers[6:])
