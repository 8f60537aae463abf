"""A server that hands everything on to another one and keeps what came, by the key that it came with.

Told to take it for a proxy, a program that goes to a vendor's own address comes here as well.
"""

import ssl
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx

HANDED_ON = ("authorization", "x-api-key", "anthropic-version", "content-type")
HANDED_BACK = ("content-type", "x-etude-run")
# A certificate for the vendors' names, with its key.
VENDORS_PEM = Path(__file__).parent.parent / "vendors.pem"


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

    def instead_of_vendors(self) -> dict[str, str]:
        """What makes a program come here in place of the vendors' own addresses, and believe that it is there."""
        pem = str(VENDORS_PEM)
        return {"HTTPS_PROXY": self.url, "SSL_CERT_FILE": pem, "CURL_CA_BUNDLE": pem}

    def only(self, key: str) -> Request:
        """The request that came with a key."""
        [request] = self.requests[key]
        return request


@contextmanager
def recording(target: str) -> Iterator[Recorder]:
    """Stands in front of `target` until the block ends."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(VENDORS_PEM)

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

        def do_CONNECT(self) -> None:
            """What a program says to a vendor is heard here, and handed on as the rest."""
            self.send_response(200)
            self.end_headers()
            with tls.wrap_socket(self.connection, server_side=True) as inside:
                Handler(inside, self.client_address, self.server)
                # The answer's end is the connection's, which must be told; who has gone need not hear it.
                with suppress(OSError):
                    inside.unwrap()

        def log_message(self, *_: object) -> None:
            """Says nothing: pytest would show it with every failure."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server, httpx.Client(
        base_url=target, timeout=20.0, trust_env=False
    ) as http:
        recorder = Recorder(f"http://127.0.0.1:{server.server_port}")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield recorder
        server.shutdown()
