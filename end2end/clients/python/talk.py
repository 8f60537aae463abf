"""What the tests of all wires share: what is said, and how answers are looked at."""

import re
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict

HI = [{"role": "user", "content": "Say hello in one short sentence."}]

# A red dot, 1 by 1.
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="

# A name for a model's reasoning that OpenAI's types lack, and the servers have that show it.
REASONING = "reasoning_content"

# What OpenAI's types lack, and its own answers have: whether a response is kept, and, as older types of its say, the
# name of a tool whose arguments are whole.
UNTYPED = (REASONING, "store", "name")


class City(BaseModel):
    """An answer with a form."""

    # A tiny model would go on with more fields.
    model_config = ConfigDict(extra="forbid")

    name: str
    inhabitants: int


ROME = City(name="Rome", inhabitants=2750000)


def words(count: int, word: str = "w") -> str:
    """The text of so many tokens of the mock."""
    return " ".join(f"{word}{index}" for index in range(count))


def run_of(headers: Any) -> str:
    """The run that an answer names."""
    run = headers["x-etude-run"]
    assert re.fullmatch(r"run_[0-9a-f]{32}", run), run
    return run


def hex_of(run: str) -> str:
    return run.removeprefix("run_")


def notices(headers: Any) -> list[str]:
    """The fields that an answer says were not passed on."""
    text = headers.get("x-etude-notice", "").partition(": ")[2]
    return [name for name in text.split(", ") if name]


def unknown_fields(value: Any, at: str = "") -> Iterator[str]:
    """The paths of all fields in `value` that its types do not have: strict clients let those pass."""
    if isinstance(value, BaseModel):
        yield from (f"{at}.{name}" for name in value.model_extra or {} if name not in UNTYPED)
        for name in type(value).model_fields:
            yield from unknown_fields(getattr(value, name), f"{at}.{name}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from unknown_fields(item, f"{at}[{index}]")


def plain(value: BaseModel) -> None:
    """Checks that an answer has the vendor's fields and no other."""
    unknown = list(unknown_fields(value))
    assert unknown == []


def named(error: Any, field: str) -> None:
    """Checks that a refusal names a field: in `param`, where the wire has it, and in its text."""
    assert error.status_code == 400, error
    assert field in error.message, error.message
    inner = error.response.json()["error"]
    if "param" in inner:
        assert inner["param"] == field, error.message
