"""Serve pages that Django has made already to a browser, with the product's static files, which
the browser keeps: they are the same for every page."""

import gzip
import mimetypes
from functools import cache
from http.server import ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path

from django.contrib.staticfiles import finders

from tests.http_servers import QuietHandler

AXE = "/axe.js"
# A page that holds another one.
HOLDER = "/holder"
HOLDER_PAGE = b"<!doctype html><style>* { margin: 0; border: 0 }</style><iframe></iframe>"
YEAR_SECONDS = 31_536_000


class PageServer(ThreadingHTTPServer):
    """Answers a path with its page in `pages`; 204 for what is neither a page nor a file."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pages: dict[str, bytes] = {}
        self.origin = f"http://127.0.0.1:{self.server_address[1]}"

    def weight(self, path: str) -> int:
        """Return the compressed size in bytes of a page or a static file; 0 for others."""
        body = self.pages.get(path)
        return len(gzip.compress(body, 6)) if body is not None else _static_weight(path)


class _Handler(QuietHandler):
    server: PageServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.path.partition("#")[0]
        # A live list that polls in the meantime gets nothing new.
        body = None if self.headers.get("HX-Request") else self.server.pages.get(path)
        if body is not None:
            self._send(body, "text/html; charset=utf-8", "no-store")
        elif (static := _static(path)) is not None:
            self._send(*static, f"max-age={YEAR_SECONDS}")
        else:
            self.send_response(204)
            self.end_headers()

    do_POST = do_GET

    def _send(self, body: bytes, content_type: str, cache_control: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", cache_control)
        self.end_headers()
        self.wfile.write(body)


@cache
def _static(path: str) -> tuple[bytes, str] | None:
    """Return a file's content and type."""
    if path == AXE:
        return (files("axe_playwright_python") / "axe.min.js").read_bytes(), "text/javascript"
    if path == HOLDER:
        return HOLDER_PAGE, "text/html"
    file = path.startswith("/static/") and finders.find(path.removeprefix("/static/"))
    if not isinstance(file, str):
        return None
    return Path(file).read_bytes(), mimetypes.guess_type(path)[0] or "application/octet-stream"


@cache
def _static_weight(path: str) -> int:
    static = _static(path)
    return len(gzip.compress(static[0], 6)) if static else 0
