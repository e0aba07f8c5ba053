"""What is sent is packed by the product itself, whatever stands before it."""

import gzip

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory

from caraus.web.middleware import CompressMiddleware

PACKED = {"Accept-Encoding": "gzip, br"}


@pytest.mark.parametrize("address", ["/transporturi/", "/static/caraus.css", "/static/list.js"])
def test_pages_styles_and_scripts_are_packed_for_who_understands_it(
    signed_in: Client, address: str
) -> None:
    response = signed_in.get(address, headers=PACKED)
    plain = signed_in.get(address)
    assert "Content-Encoding" not in plain
    assert response["Content-Encoding"] == "gzip"
    body = b"".join(response) if response.streaming else response.content
    assert len(body) < len(gzip.decompress(body)) / 2
    response.close()
    plain.close()


def test_what_is_packed_already_is_not_packed_again() -> None:
    original = HttpResponse(b"x" * 1000, content_type="application/pdf")
    request = RequestFactory().get("/", headers=PACKED)
    CompressMiddleware(lambda _: original)(request)
    assert original.content == b"x" * 1000
