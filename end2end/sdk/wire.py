"""What both wires share: scripted names, server-sent events, and validation against a vendor's types."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
from pydantic import BaseModel, TypeAdapter

MESSAGES = [{"role": "user", "content": "Hi"}]

# What the name of a reasoning model's text is, on a wire whose types have no name for it.
REASONING = "reasoning_content"


def named(*parts: str) -> str:
    """The model that answers at once, changed by `parts`."""
    return "-".join(["mock", "ttft0", "rate0", *parts])


def words(count: int, word: str = "w") -> str:
    """The text of so many tokens."""
    return " ".join(f"{word}{index}" for index in range(count))


@dataclass
class Event:
    """One server-sent event: its name, if it has one, and its data."""

    name: str | None
    data: str

    def json(self) -> Any:
        return json.loads(self.data)


def events(response: httpx.Response) -> list[Event]:
    """The events of a stream that was read whole; comments and unknown fields are ignored, as the standard says."""
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].split(";")[0] == "text/event-stream"
    found = []
    for block in response.content.decode().replace("\r\n", "\n").split("\n\n"):
        fields: dict[str, list[str]] = {}
        for line in block.split("\n"):
            name, _, value = line.partition(":")
            fields.setdefault(name, []).append(value.removeprefix(" "))
        if "data" in fields:
            found.append(Event(fields.get("event", [None])[-1], "\n".join(fields["data"])))
    return found


def validated(type_: Any, text: str | bytes, *known: str) -> Any:
    """The value of `text` by a vendor's type: nothing missing, nothing coerced, and no field that the type lacks."""
    value = TypeAdapter(type_).validate_json(text, strict=True)
    extras = set(unknown_fields(value))
    assert not extras - set(known), f"the type knows no {sorted(extras)}"
    return value


def unknown_fields(value: Any) -> Iterator[str]:
    """The names of all fields in `value` that its types do not have."""
    if isinstance(value, BaseModel):
        yield from value.model_extra or {}
        for name in type(value).model_fields:
            yield from unknown_fields(getattr(value, name))
    elif isinstance(value, list):
        for item in value:
            yield from unknown_fields(item)
