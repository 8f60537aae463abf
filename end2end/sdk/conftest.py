"""The vendors' clients, pointed at the mock that `ETUDE_MOCK_URL` names."""

import os
from collections.abc import Iterator

import anthropic
import httpx
import openai
import pytest

SECONDS = 10.0


@pytest.fixture(scope="session")
def url() -> str:
    """Where the mock is, without a slash at the end."""
    url = os.environ.get("ETUDE_MOCK_URL", "")
    if not url:
        pytest.exit("ETUDE_MOCK_URL is not set; it is the mock's address, such as http://127.0.0.1:9000", returncode=2)
    return url.rstrip("/")


@pytest.fixture(scope="session")
def http(url: str) -> Iterator[httpx.Client]:
    """A plain client, which shows what is on the wire."""
    with httpx.Client(base_url=url, timeout=SECONDS) as client:
        yield client


@pytest.fixture(scope="session")
def openai_client(url: str) -> Iterator[openai.OpenAI]:
    """OpenAI's client: it does not try again, and refuses what its types do not describe."""
    with openai.OpenAI(
        base_url=f"{url}/v1", api_key="key", max_retries=0, timeout=SECONDS, _strict_response_validation=True
    ) as client:
        yield client


@pytest.fixture(scope="session")
def anthropic_client(url: str) -> Iterator[anthropic.Anthropic]:
    """Anthropic's client: it does not try again, and refuses what its types do not describe."""
    with anthropic.Anthropic(
        base_url=url, api_key="key", max_retries=0, timeout=SECONDS, _strict_response_validation=True
    ) as client:
        yield client


@pytest.fixture(scope="session")
def lenient_anthropic_client(url: str) -> Iterator[anthropic.Anthropic]:
    """Anthropic's client as it usually is: it lets events pass that its types do not know yet."""
    with anthropic.Anthropic(base_url=url, api_key="key", max_retries=0, timeout=SECONDS) as client:
        yield client
