"""G1: OpenAI's client completes prompts with whoever answers."""

import openai
import pytest

from stage import ANTHROPIC, INSIDE, OPENAI
from talk import hex_of, named, notices, plain, run_of, words

PROMPT = "The capital of Italy is"
SHORT = {"max_tokens": 8, "temperature": 0}


def check_text(target, text):
    if target is INSIDE:
        assert text.strip()
    else:
        assert text == words(4)


def test_g1_a_whole_completion(openai_client, stage, target):
    raw = openai_client.completions.with_raw_response.create(model=target.model(), prompt=PROMPT, **SHORT)
    completion = raw.parse()
    plain(completion)
    assert completion.id == f"cmpl-{hex_of(run_of(raw.headers))}"
    check_text(target, completion.choices[0].text)
    assert completion.choices[0].finish_reason in ("stop", "length")
    assert completion.usage.total_tokens == completion.usage.prompt_tokens + completion.usage.completion_tokens
    if target is not INSIDE:
        assert stage.sent(run_of(raw.headers))["messages"] == [{"role": "user", "content": PROMPT}]


def test_g1_a_completion_in_chunks(lenient_openai_client, target):
    client = lenient_openai_client
    asked = {"model": target.model(), "prompt": PROMPT, **SHORT}
    *chunks, last = client.completions.create(**asked, stream=True, stream_options={"include_usage": True})
    for chunk in chunks:
        plain(chunk)
    whole = client.completions.create(**asked)
    assert "".join(chunk.choices[0].text for chunk in chunks) == whole.choices[0].text
    check_text(target, whole.choices[0].text)
    reasons = [chunk.choices[0].finish_reason for chunk in chunks]
    assert [reason for reason in reasons if reason] == [reasons[-1]] == [whole.choices[0].finish_reason]
    assert (last.choices, last.usage) == ([], whole.usage)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_g1_a_completion_that_repeats_its_prompt(lenient_openai_client, target, stream):
    client = lenient_openai_client
    asked = {"model": target.model(), "prompt": [PROMPT], **SHORT}
    usual = client.completions.create(**asked).choices[0].text
    answer = client.completions.create(**asked, echo=True, stream=stream)
    chunks = answer if stream else [answer]
    assert "".join(chunk.choices[0].text for chunk in chunks) == PROMPT + usual


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("target", [OPENAI, INSIDE], ids=["openai-upstream", "embedded"])
def test_g1_logprobs_stand_where_their_tokens_stand(lenient_openai_client, target, stream):
    answer = lenient_openai_client.completions.create(
        model=target.model(), prompt=PROMPT, **SHORT, logprobs=2, stream=stream
    )
    choices = [part.choices[0] for part in answer] if stream else [answer.choices[0]]
    text = "".join(choice.text for choice in choices)
    told = [choice.logprobs for choice in choices if choice.logprobs]
    tokens = [token for part in told for token in part.tokens]
    assert "".join(tokens) == text
    offsets = [offset for part in told for offset in part.text_offset]
    assert [text[offset:].startswith(token) for offset, token in zip(offsets, tokens)] == [True] * len(tokens)
    assert all(logprob <= 0 for part in told for logprob in part.token_logprobs)
    assert all(len(top) == 2 for part in told for top in part.top_logprobs)


def test_d1_a_prompt_in_braces_is_no_template(openai_client, scripted):
    completion = openai_client.completions.create(model=scripted.model("echo"), prompt="Dear {{name}},")
    assert completion.choices[0].text == "Dear {{name}},"


def test_g1_what_completions_cannot_have_is_named(openai_client):
    for field, asked in [
        ("n", {"model": ANTHROPIC.model(), "n": 2}),
        ("suffix", {"suffix": "."}),
        ("best_of", {"best_of": 3}),
        ("prompt", {"prompt": ["a", "b"]}),
        ("prompt", {"prompt": [1, 2, 3]}),
        ("house_rules", {"extra_body": {"house_rules": 1}}),
        ("logit_bias", {"model": INSIDE.model(), "logit_bias": {"50256": -100}}),
        ("seed", {"model": ANTHROPIC.model(), "seed": 7}),
    ]:
        with pytest.raises(openai.BadRequestError) as raised:
            openai_client.completions.create(**{"model": OPENAI.model(), "prompt": PROMPT, **asked})
        named(raised.value, field)


def test_g1_who_asks_is_not_passed_on(openai_client, target):
    raw = openai_client.completions.with_raw_response.create(model=target.model(), prompt=PROMPT, user="u-1", **SHORT)
    assert raw.parse().choices[0].text
    assert notices(raw.headers) == ["user"]
