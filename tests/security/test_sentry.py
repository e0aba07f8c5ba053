"""Reports of errors go to the address that SENTRY_DSN names, without anything personal."""

import gzip
import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from http.server import HTTPServer
from queue import Queue

import pytest

from tests.http_servers import QuietHandler, serving

pytestmark = pytest.mark.process

PROGRAM = """
import sys, django
django.setup()
from django.test import RequestFactory
import sentry_sdk
def fail(access_token):
    raise ValueError("a failure of ours")
try:
    fail(sys.argv[1])
except ValueError:
    import logging
    logging.getLogger("django.request").warning("Not Found: %s", f"/autorizare/{sys.argv[1]}/")
    with sentry_sdk.new_scope() as scope:
        scope.set_extra("refresh_token", sys.argv[1])
        sentry_sdk.capture_exception()
sentry_sdk.flush(10)
"""


@pytest.fixture
def envelopes() -> Iterator[tuple[str, "Queue[str]"]]:
    """Run a server as Sentry's; yield its address and what it got."""
    received: Queue[str] = Queue()

    class Handler(QuietHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            elif self.headers.get("Content-Encoding") == "br":  # where sentry-sdk found brotli
                body = importlib.import_module("brotli").decompress(body)
            received.put(body.decode())
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

    with serving(HTTPServer(("127.0.0.1", 0), Handler)) as server:
        yield f"http://public@127.0.0.1:{server.server_port}/1", received


def run(program: str, **environment: str) -> subprocess.CompletedProcess[str]:
    import os

    return subprocess.run(
        [sys.executable, "-c", program, "the-token"],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_failure_is_reported_without_secrets(envelopes: tuple[str, "Queue[str]"]) -> None:
    dsn, received = envelopes
    done = run(PROGRAM, SENTRY_DSN=dsn, no_proxy="127.0.0.1")
    assert done.returncode == 0, done.stderr
    envelope = received.get(timeout=10)
    assert "a failure of ours" in envelope
    assert "the-token" not in envelope
    event = json.loads(envelope.splitlines()[2])
    assert event["release"].startswith("caraus@")


LOGS = """
import sys, django, logging
django.setup()
import sentry_sdk
from django.db import DataError
log = logging.getLogger("django.security.csrf")
try:
    raise DataError(f"too long\\nDETAIL:  Failing row contains ({sys.argv[1]}).")
except DataError:
    log.exception("Internal Server Error: %s", f"/invitatie/{sys.argv[1]}/")
sentry_sdk.flush(10)
"""


def test_a_logged_error_is_reported_by_its_route(envelopes: tuple[str, "Queue[str]"]) -> None:
    dsn, received = envelopes
    done = run(LOGS, SENTRY_DSN=dsn, no_proxy="127.0.0.1")
    assert done.returncode == 0, done.stderr
    envelope = received.get(timeout=10)
    assert "/invitatie/<str:secret>/" in envelope
    assert "too long" in envelope
    assert "the-token" not in envelope


def test_without_an_address_nothing_is_loaded() -> None:
    check = "import sys, django; django.setup(); assert 'sentry_sdk' not in sys.modules"
    done = subprocess.run(
        [sys.executable, "-c", check], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
