"""What the tests talk to: a scripted upstream, and Etude in front of it with a model of its own inside."""

import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from recorder import Recorder, recording

EMBEDDED = "smollm2-135m-instruct"
VENDORS = {"openai": ("lab", "{mock}/v1"), "anthropic": ("ant", "{mock}")}
# What is played by way of the recorder: a text, and a text with the call of a tool.
SEEN = ("n4", "n2-tool1")
# The family of what answers at the vendors' own addresses: OpenAI's others would refuse some of what is asked.
OWN = "gpt-5.1-mock"
START_S = 60.0

# A scripted model's name is its script. Each is there once behind each vendor's wire.
SCRIPTS = (
    "n4",
    "n40-rate50",
    "n400-rate20",
    "echo",
    "tool1",
    "tool2",
    "n2-tool1",
    "think3-n4",
    "n4-filter",
    "err2-n5",
    "cut2-n5",
    "head2000-n4",
    *(f"status{status}" for status in (400, 401, 403, 404, 409, 413, 422, 429, 500, 503, 529)),
    "status429-retry1",
)


@dataclass(frozen=True)
class Target:
    """Who answers: an upstream on one of the two wires, or the model inside."""

    vendor: str | None

    def model(self, script: str = "n4") -> str:
        """The name of the model that plays a script; the model inside plays none."""
        if self.vendor is None:
            return EMBEDDED
        assert script in SCRIPTS, f"{script} is not set up"
        return f"{self.vendor}-{script}"


OPENAI, ANTHROPIC, INSIDE = Target("openai"), Target("anthropic"), Target(None)


class Stage:
    """The running server and the mock behind it, seen from outside; some of what reaches the mock is recorded."""

    def __init__(self, url: str, mock: str, upstream: Recorder) -> None:
        self.url, self.mock, self.upstream = url, mock, upstream
        self.http = httpx.Client(base_url=url, timeout=20.0, trust_env=False)

    def calls(self) -> int:
        """How many answers the mock has been asked for."""
        return self.counts()["calls"]

    def counts(self) -> dict[str, int]:
        return httpx.get(f"{self.mock}/mock/counts", trust_env=False).raise_for_status().json()

    def run(self, run: str) -> dict:
        """A run as Etude's own API shows it."""
        return self.http.get(f"/v1/runs/{run}").raise_for_status().json()

    def sent(self, run: str) -> dict:
        """The body that the upstream was sent."""
        return json.loads(self.http.get(f"/v1/runs/{run}/wire").raise_for_status().json()["request"]["body"])

    def wait(self, run: str, seconds: float) -> dict:
        """The run once it has ended. Asked again and again: who tails its log keeps it going."""
        until = time.monotonic() + seconds
        while (found := self.run(run))["status"] in ("queued", "running"):
            assert time.monotonic() < until, f"{run} is still {found['status']} after {seconds} s"
            time.sleep(0.05)
        return found


@contextmanager
def staged(folder: Path) -> Iterator[Stage]:
    """Starts both, and stops both whatever happens."""
    playing = started("mock", "--addr", "127.0.0.1:0", "--ttft-ms", "5", "--rate", "0", folder=folder)
    with playing as mock, recording(mock) as upstream:
        (folder / "site/pkg").mkdir(parents=True)
        # Stands in for the page's files.
        (folder / "site/pkg/build.txt").write_text("none")
        (folder / "etude.toml").write_text(config(mock, upstream.url))
        settings = {
            "ETUDE_CONFIG": str(folder / "etude.toml"),
            "ETUDE_ADDR": "127.0.0.1:0",
            "ETUDE_DATA_DIR": str(folder / "data"),
            "ETUDE_SITE_DIR": str(folder / "site"),
            "ETUDE_MODEL_PATH": needed("ETUDE_MODEL_PATH"),
            "ETUDE_MODEL_NAME": EMBEDDED,
            "ETUDE_LOG": "warn",
            # Nothing of this machine may show up as a model.
            "OLLAMA_HOST": "127.0.0.1:1",
            "LLAMA_ARG_PORT": "1",
        }
        with started("serve", folder=folder, **settings, **upstream.instead_of_vendors()) as url:
            stage = Stage(url, mock, upstream)
            stage.http.get("/readyz").raise_for_status()
            yield stage
            stage.http.close()


def needed(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        pytest.exit(f"{name} is not set", returncode=2)
    return value


def config(mock: str, recorder: str) -> str:
    """The server's configuration. Without a tier of its own, it runs 16 at a time."""
    tables = ['[[tier]]\nname = "default"\nconcurrent_runs = 200\n']
    for vendor, (provider, base_url) in VENDORS.items():
        places = [
            ("", mock, "mock", SCRIPTS),
            ("seen-", recorder, "mock", SEEN),
            ("own-", f"https://api.{vendor}.com", OWN, SEEN),
        ]
        for prefix, url, family, scripts in places:
            name = f"{prefix}{provider}"
            head = f'[[provider]]\nname = "{name}"\nkind = "{vendor}"\n'
            tables.append(f'{head}base_url = "{base_url.format(mock=url)}"\napi_key = "sk-{name}"\n')
            for script in scripts:
                head = f'[[model]]\nname = "{prefix}{vendor}-{script}"\n'
                tables.append(f'{head}provider = "{name}"\nupstream = "{family}-{script}"\n')
    return "\n".join(tables)


def environment() -> dict[str, str]:
    """That of the tests, without what would change a server or a client."""
    foreign = ("OPENAI_", "ANTHROPIC_", "ETUDE_URL", "ETUDE_KEY")
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(foreign) and not name.lower().endswith("_proxy")
    }


@contextmanager
def started(command: str, *args: str, folder: Path, **settings: str) -> Iterator[str]:
    """Runs one of the binary's commands until the block ends; gives the address that it prints first."""
    log = folder / f"{command}.log"
    with log.open("w") as errors:
        child = subprocess.Popen(
            [needed("ETUDE_BIN"), command, *args],
            cwd=folder,
            env=environment() | settings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        # One that neither speaks nor ends must not hold the tests for ever.
        alarm = threading.Timer(START_S, child.kill)
        alarm.start()
        url = child.stdout.readline().strip()
        alarm.cancel()
        assert url.startswith("http://"), f"`{command}` did not start:\n{log.read_text()}"
        yield url
    finally:
        child.kill()
        child.wait()
        child.stdout.close()
