"""What the tests talk to: Etude with a model of its own inside, and a scripted upstream behind it on both wires."""

import atexit
import os
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path

import pytest

EMBEDDED = "smollm2-135m-instruct"
START_S = 60.0
STOP_S = 10.0

# A scripted model's name is its script. Each is there once behind each vendor's wire.
SCRIPTS = ("n2", "n2-tool2", "think3-n4", "n4-filter", "cut2-n5", "err2-n5", "status429-retry1")


def config(mock: str) -> str:
    tables = ['[[tier]]\nname = "default"\nconcurrent_runs = 200\n']
    for vendor, provider, url in (("openai", "lab", f"{mock}/v1"), ("anthropic", "ant", mock)):
        head = f'[[provider]]\nname = "{provider}"\nkind = "{vendor}"\n'
        tables.append(f'{head}base_url = "{url}"\napi_key = "sk-{provider}"\n')
        for script in SCRIPTS:
            name = f'[[model]]\nname = "{vendor}-{script}"\n'
            tables.append(f'{name}provider = "{provider}"\nupstream = "mock-{script}"\n')
    return "\n".join(tables)


def start() -> str:
    """Starts both until the tests have ended; gives the server's address."""
    folder = Path(tempfile.mkdtemp(prefix="etude-schema-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    mock = _run("mock", "--addr", "127.0.0.1:0", "--ttft-ms", "1", "--rate", "0", folder=folder)
    (folder / "site/pkg").mkdir(parents=True)
    # Stands in for the page's files.
    (folder / "site/pkg/build.txt").write_text("none")
    (folder / "etude.toml").write_text(config(mock))
    return _run(
        "serve",
        folder=folder,
        ETUDE_CONFIG=str(folder / "etude.toml"),
        ETUDE_ADDR="127.0.0.1:0",
        ETUDE_DATA_DIR=str(folder / "data"),
        ETUDE_SITE_DIR=str(folder / "site"),
        ETUDE_MODEL_PATH=_needed("ETUDE_MODEL_PATH"),
        ETUDE_MODEL_NAME=EMBEDDED,
        ETUDE_LOG="warn",
        # Nothing of this machine may show up as a model.
        OLLAMA_HOST="127.0.0.1:1",
        LLAMA_ARG_PORT="1",
    )


def _needed(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        pytest.exit(f"{name} is not set", returncode=2)
    return value


def _run(command: str, *args: str, folder: Path, **settings: str) -> str:
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("OPENAI_", "ANTHROPIC_")) and not name.lower().endswith("_proxy")
    }
    with (folder / f"{command}.log").open("w") as log:
        child = subprocess.Popen(
            [_needed("ETUDE_BIN"), command, *args],
            cwd=folder,
            env=environment | settings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    atexit.register(_stop, child)
    # A process that hangs before its first line must not hang the tests.
    late = threading.Timer(START_S, child.kill)
    late.start()
    line = child.stdout.readline().strip()
    late.cancel()
    if not line.startswith("http://"):
        pytest.exit(f"`{command}` did not start: {(folder / f'{command}.log').read_text()}", returncode=2)
    return line


def _stop(child: subprocess.Popen) -> None:
    child.terminate()
    try:
        child.wait(STOP_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
