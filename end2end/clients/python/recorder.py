"""A server that hands everything on to another one and keeps what came, by the key that it came with."""

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

HANDED_ON = ("authorization", "x-api-key", "anthropic-version", "content-type")
HANDED_BACK = ("content-type", "x-etude-run")


@dataclass(frozen=True)
class Request:
    """One request, and the run that the answer named."""

    path: str
    headers: dict[str, str]
    body: str
    run: str | None


class Recorder:
    """What has come so far."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.requests: dict[str, list[Request]] = defaultdict(list)

    def only(self, key: str) -> Request:
        """The request that came with a key."""
        [request] = self.requests[key]
        return request


@contextmanager
def recording(target: str) -> Iterator[Recorder]:
    """Stands in front of `target` until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def hand_on(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", "0")))
            passed = {name: headers[name] for name in HANDED_ON if name in headers}
            with http.stream(self.command, self.path, content=body, headers=passed) as answer:
                key = headers.get("x-api-key") or headers.get("authorization", "").removeprefix("Bearer ")
                run = answer.headers.get("x-etude-run")
                # What reads the answer asks for this next.
                recorder.requests[key].append(Request(self.path, headers, body.decode(), run))
                self.send_response(answer.status_code)
                for name in HANDED_BACK:
                    if name in answer.headers:
                        self.send_header(name, answer.headers[name])
                self.end_headers()
                for piece in answer.iter_bytes():
                    self.wfile.write(piece)

        do_GET = do_POST = hand_on

        def log_message(self, *_: object) -> None:
            """Says nothing: pytest would show it with every failure."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server, httpx.Client(
        base_url=target, timeout=20.0, trust_env=False
    ) as http:
        recorder = Recorder(f"http://127.0.0.1:{server.server_port}")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield recorder
        server.shutdown()
