"""HTTP clients for servers of this machine: httpx2 reads the system's certificates for each client
that it makes, which takes longer than most requests. These read none, so they trust no TLS."""

import ssl
from typing import Any

import httpx2

_NO_AUTHORITIES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def client(**options: Any) -> httpx2.Client:
    options.setdefault("verify", _NO_AUTHORITIES)
    return httpx2.Client(trust_env=False, **options)


def get(url: str, **options: Any) -> httpx2.Response:
    with client(**options) as http:
        return http.get(url)
