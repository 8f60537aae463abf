"""A6: each program that the page shows is run as it is, and sends what Run sends: curl, Python, Rust.

TypeScript is run in `end2end/clients/node`. What is asked for lies in `end2end/clients/programs`: runs, with `MODEL`
for the model. A key of its own tells what a program has sent.
"""

import json
import os
import re
import runpy
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from recorder import Recorder, recording
from stage import VENDORS, Stage, environment
from talk import words

PROGRAMS = {path.stem: path.read_text() for path in Path(__file__).parent.parent.glob("programs/*.json")}
PATHS = {"openai": "/v1/chat/completions", "anthropic": "/v1/messages"}
# Where a program goes: to Etude, to a server that speaks a vendor's wire, to the vendor's own address.
ETUDE, SERVER, OWN = "etude", "a-server", "its-own-address"
NOWHERE = "http://127.0.0.1:9"
SECONDS = 60.0


@dataclass(frozen=True)
class Case:
    """What is asked for, over which wire, from whom."""

    program: str
    wire: str
    provider: str
    to: str
    stream: bool

    def __str__(self) -> str:
        to = self.to if self.direct else f"etude-for-{self.provider}"
        return f"{self.program}-by-{self.wire}-to-{to}-{'stream' if self.stream else 'whole'}"

    @property
    def direct(self) -> bool:
        return self.to != ETUDE

    @property
    def script(self) -> str:
        return "n2-tool1" if '"tools"' in PROGRAMS[self.program] else "n4"

    @property
    def model(self) -> str:
        return f"{'own' if self.to == OWN else 'seen'}-{self.provider}-{self.script}"

    @property
    def run(self) -> str:
        """The run, as the page asks for it."""
        return PROGRAMS[self.program].replace("MODEL", self.model)


def cases() -> Iterator[Case]:
    for program in sorted(PROGRAMS):
        _, _, only = program.partition("-")
        for wire in VENDORS:
            for provider in VENDORS:
                # What only one vendor knows goes to that vendor, over its own wire.
                if only and (wire, provider) != (only, only):
                    continue
                for to in (ETUDE, SERVER, OWN) if wire == provider else (ETUDE,):
                    yield from (Case(program, wire, provider, to, stream) for stream in (False, True))


CASES = list(cases())


def meaning(body: str) -> dict:
    """A body with its numbers by their values, whole or not, the arguments of calls read, too: one wire has them as text,
    the other as an object, however it is spaced. What says whether it is streamed is left out."""
    number = lambda digits: f"the number {Decimal(digits).normalize()}"

    def read(text: str):
        return json.loads(text, parse_int=number, parse_float=number, object_hook=whole)

    def whole(fields: dict) -> dict:
        text = fields.get("arguments")
        return {**fields, "arguments": read(text)} if isinstance(text, str) else fields

    fields = read(body)
    return {name: value for name, value in fields.items() if name not in ("stream", "stream_options")}


@dataclass(frozen=True)
class Program:
    """What the page shows, and what it needs of the environment."""

    text: str
    settings: dict[str, str]
    key: str


class Writer:
    """Asks for programs as the page does, and knows what Run has sent for the same."""

    def __init__(self, stage: Stage, front: Recorder) -> None:
        self.stage, self.front = stage, front
        self.runs: dict[str, str] = {}

    def write(self, case: Case, language: str) -> Program:
        # Streamed, it is told where Etude is; else it goes where the page was.
        base = NOWHERE if case.stream else self.front.url
        choice = {"language": language, "vendor": case.wire, "direct": case.direct, "stream": case.stream, "base": base}
        asked = f'{{"run":{case.run},{json.dumps(choice)[1:]}'
        answer = self.stage.http.post("/api/code", content=asked, headers={"content-type": "application/json"})
        snippet = answer.raise_for_status().json()
        key = f"sk-{uuid.uuid4().hex}"
        settings = {snippet["key_env"]: key}
        if case.stream and not case.direct:
            settings["ETUDE_URL"] = self.front.url
        if case.to == OWN:
            settings |= self.stage.upstream.instead_of_vendors()
        return Program(snippet["text"], settings, key)

    def sent(self, run: str) -> str:
        """What a run has sent to its provider."""
        return self.stage.http.get(f"/v1/runs/{run}/wire").raise_for_status().json()["request"]["body"]

    def sent_by_run(self, case: Case) -> str:
        if case.run not in self.runs:
            headers = {"content-type": "application/json"}
            answer = self.stage.http.post("/v1/runs", content=case.run, headers=headers).raise_for_status()
            self.runs[case.run] = self.sent(answer.headers["x-etude-run"])
        return self.runs[case.run]

    def check(self, case: Case, program: Program) -> None:
        """Checks that what a program has sent is what Run sends, and over Etude comes to the same."""
        want = meaning(self.sent_by_run(case))
        request = (self.stage.upstream if case.direct else self.front).only(program.key)
        assert request.path == PATHS[case.wire]
        if case.to == OWN:
            assert request.headers["host"] == f"api.{case.wire}.com"
        assert json.loads(request.body).get("stream", False) is case.stream
        if not case.direct:
            assert meaning(self.sent(request.run)) == want
            want["model"] = case.model
        if case.wire == case.provider:
            assert meaning(request.body) == want


@pytest.fixture(scope="module")
def writer(stage: Stage) -> Iterator[Writer]:
    with recording(stage.url) as front:
        yield Writer(stage, front)


@pytest.fixture(params=CASES, ids=str)
def case(request: pytest.FixtureRequest) -> Case:
    return request.param


def ran(command: list[str], program: Program) -> str:
    """Runs a program to its end; gives what it said."""
    done = subprocess.run(
        command, env=environment() | program.settings, capture_output=True, text=True, timeout=SECONDS
    )
    assert done.returncode == 0, f"{program.text}\n{done.stderr}"
    return done.stdout


def test_a6_curl(writer, case):
    program = writer.write(case, "curl")
    assert "w0" in ran(["sh", "-c", program.text], program)
    writer.check(case, program)


def test_a6_python(writer, case, tmp_path, monkeypatch, capsys):
    """In this very process: to start Python and to load the SDK takes longer than all the rest."""
    program = writer.write(case, "python")
    for name in os.environ.keys() - environment().keys():
        monkeypatch.delenv(name)
    for name, value in program.settings.items():
        monkeypatch.setenv(name, value)
    file = tmp_path / "program.py"
    file.write_text(program.text)
    runpy.run_path(str(file), run_name="__main__")
    said = capsys.readouterr().out
    if case.script == "n4":
        assert said == f"{words(4)}\n"
    else:
        assert re.fullmatch(rf"{words(2)}\nclock \{{['\"]n['\"]: ?0\}}\n", said), said
    writer.check(case, program)


def test_a6_python_by_itself(writer, tmp_path):
    case = next(case for case in CASES if case.program == "odd")
    program = writer.write(case, "python")
    file = tmp_path / "program.py"
    file.write_text(program.text)
    assert ran([sys.executable, str(file)], program).startswith(words(2))
    writer.check(case, program)


@pytest.mark.parametrize("vendor", VENDORS)
def test_a6_the_sdk_that_python_asks_for_is_the_one_it_runs_with(writer, vendor):
    program = writer.write(next(case for case in CASES if case.wire == vendor), "python")
    [wanted] = re.findall('^# pip install "(.*)"$', program.text, re.MULTILINE)
    requirement = Requirement(wanted)
    assert requirement.name == vendor
    assert version(vendor) in requirement.specifier


# A program has one `main`; here each is a module of one program, and the first argument says which. Of TLS, which
# reqwest would bring along by itself, the server's libraries have their own kind.
MODULE = """mod program{place} {{
    include!("{place}.rs");
    pub fn run() -> Result<(), Box<dyn std::error::Error>> {{ main() }}
}}
"""
MAIN = """fn main() {{
    rustls::crypto::ring::default_provider().install_default().expect("there is none yet");
    let done = match std::env::args().nth(1).expect("a place").as_str() {{
{arms}        _ => unreachable!(),
    }};
    done.expect("an answer");
}}
"""


@dataclass(frozen=True)
class Rust:
    """All programs in Rust, compiled as one."""

    binary: Path
    programs: dict[Case, Program]


def libraries() -> dict[str, dict[str, str]]:
    """What the server was built of, as `cargo xtask test` finds it: a file and a version by name."""
    told = os.environ.get("ETUDE_RUST_LIBRARIES")
    assert told, "ETUDE_RUST_LIBRARIES is not set; `cargo xtask test --only sdk` sets it"
    return json.loads(told)


@pytest.fixture(scope="module")
def rust(writer, tmp_path_factory) -> Rust:
    folder = tmp_path_factory.mktemp("rust")
    programs = {case: writer.write(case, "rust") for case in CASES}
    for place, program in enumerate(programs.values()):
        (folder / f"{place}.rs").write_text(program.text)
    places = range(len(programs))
    arms = "".join(f'        "{place}" => program{place}::run(),\n' for place in places)
    modules = "".join(MODULE.format(place=place) for place in places)
    (folder / "main.rs").write_text(modules + MAIN.format(arms=arms))
    known = libraries()
    externs = [f"--extern={name}={known[name]['file']}" for name in ("reqwest", "rustls", "tokio")]
    found = {f"-Ldependency={Path(library['file']).parent}" for library in known.values()}
    command = ["rustc", "--edition=2024", "-Copt-level=0", "-Cdebuginfo=0", *externs, *found, "main.rs", "-o", "all"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return Rust(folder / "all", programs)


def test_a6_rust(writer, case, rust):
    program = rust.programs[case]
    place = list(rust.programs).index(case)
    assert "w0" in ran([str(rust.binary), str(place)], program)
    writer.check(case, program)


def test_a6_the_crates_that_rust_asks_for_are_those_it_was_compiled_with(rust):
    text = next(iter(rust.programs.values())).text
    wanted = dict(re.findall(r'^// (\w+) = (?:\{ version = )?"([\d.]+)"', text, re.MULTILINE))
    assert wanted.keys() == {"reqwest", "tokio"}
    for name, library in libraries().items():
        if name in wanted:
            assert f"{library['version']}.".startswith(f"{wanted[name]}."), name
