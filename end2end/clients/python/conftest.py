"""The vendors' clients, pointed at one server that is started for all tests."""

from collections.abc import Iterator

import anthropic
import openai
import pytest

pytest.register_assert_rewrite("stage", "talk")

from stage import ANTHROPIC, INSIDE, OPENAI, Stage, Target, staged

SECONDS = 30.0


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("etude")) as stage:
        yield stage


@pytest.fixture(scope="session")
def openai_client(stage: Stage) -> Iterator[openai.OpenAI]:
    """OpenAI's client: it does not try again, and refuses what its types do not describe."""
    with openai.OpenAI(
        base_url=f"{stage.url}/v1", api_key="key", max_retries=0, timeout=SECONDS, _strict_response_validation=True
    ) as client:
        yield client


@pytest.fixture(scope="session")
def lenient_openai_client(openai_client: openai.OpenAI) -> openai.OpenAI:
    """OpenAI's client as it usually is. Its types miss a null that its vendor sends: the end of an unended chunk."""
    return openai_client.copy(_extra_kwargs={"_strict_response_validation": False})


@pytest.fixture(scope="session")
def anthropic_client(stage: Stage) -> Iterator[anthropic.Anthropic]:
    """Anthropic's client: it does not try again, and refuses what its types do not describe."""
    with anthropic.Anthropic(
        base_url=stage.url, api_key="key", max_retries=0, timeout=SECONDS, _strict_response_validation=True
    ) as client:
        yield client


@pytest.fixture(params=[OPENAI, ANTHROPIC, INSIDE], ids=["openai-upstream", "anthropic-upstream", "embedded"])
def target(request: pytest.FixtureRequest) -> Target:
    """Who answers: each in turn."""
    return request.param


@pytest.fixture(params=[OPENAI, ANTHROPIC], ids=["openai-upstream", "anthropic-upstream"])
def scripted(request: pytest.FixtureRequest) -> Target:
    """Which scripted upstream answers: each in turn."""
    return request.param


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
