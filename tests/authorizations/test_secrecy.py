"""Tokens: encrypted at rest, and never in a page, an address, a log or a job."""

import json
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.db import connection as database
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from procrastinate.contrib.django.models import ProcrastinateJob

from caraus.accounts.models import Company, Session
from caraus.accounts.sessions import SessionStore
from caraus.authorizations.models import Authorization
from caraus.core import crypto
from caraus.sync.models import SyncRun
from caraus.transports.models import Transport
from tests.simulator_process import SimulatorProcess
from tests.worker import Worker


def test_no_token_leaves_the_server(
    worker: Worker,
    anaf: SimulatorProcess,
    signed_in: Client,
    company: Company,
    caplog: pytest.LogCaptureFixture,
) -> None:
    begun = signed_in.post("/integrari/autorizare/")
    callback = anaf.log_in("three", url=begun["Location"])
    responses = [begun, signed_in.get("/anaf/callback", callback)]
    jobs = json.dumps(list(ProcrastinateJob.objects.values_list("args", flat=True)))
    worker.drain()
    anaf.turn_on("token_refused", times=1)
    signed_in.post("/transporturi/sincronizare/")
    before = Authorization.objects.get()
    worker.drain()
    for address in ("/integrari/", "/transporturi/", "/firme/"):
        responses += [
            signed_in.get(address),
            signed_in.get(address, headers={"hx-request": "true"}),
        ]
    first = Transport.objects.all()[0]
    responses.append(signed_in.get(f"/transporturi/{first.pk}/"))

    shown = "".join(f"{response.content.decode()}{response.headers}" for response in responses)
    sessions = "".join(str(SessionStore().decode(row.sealed)) for row in Session.objects.all())
    details = "".join(run.detail for run in SyncRun.objects.all())
    for authorization in (before, Authorization.objects.get()):
        for sealed in (authorization.access_token_sealed, authorization.refresh_token_sealed):
            token = crypto.decrypt(sealed)
            for secret in (token, token.split(".")[1], token.split(".")[2], sealed):
                for place in (shown, caplog.text, jobs, sessions, details):
                    assert secret not in place
    assert callback["code"] not in shown.replace(begun["Location"], "") + caplog.text
    assert "company_synced" in caplog.text


def test_the_row_does_not_contain_the_token(
    anaf: SimulatorProcess, authorization: Authorization
) -> None:
    with database.cursor() as cursor:
        cursor.execute("SELECT row_to_json(c)::text FROM authorizations_authorization c")
        (row,) = cursor.fetchone()
    for sealed in (authorization.access_token_sealed, authorization.refresh_token_sealed):
        assert sealed in row
        assert crypto.decrypt(sealed) not in row


def test_a_new_first_key_encrypts_and_the_old_one_still_opens(settings: Any) -> None:
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    settings.TOKEN_KEYS = [old]
    sealed = crypto.encrypt("a token")
    settings.TOKEN_KEYS = [new, old]
    assert crypto.decrypt(sealed) == "a token"
    fresh = crypto.encrypt("a token")
    settings.TOKEN_KEYS = [new]
    assert crypto.decrypt(fresh) == "a token"
    with pytest.raises(crypto.UnreadableTokenError, match="CARAUS_TOKEN_KEYS"):
        crypto.decrypt(sealed)


def test_a_key_that_is_none_is_reported_by_its_name(settings: Any) -> None:
    settings.TOKEN_KEYS = ["not a key"]
    with pytest.raises(ImproperlyConfigured, match="CARAUS_TOKEN_KEYS") as caught:
        crypto.encrypt("a token")
    assert "not a key" not in str(caught.value)


@given(st.text())
def test_whatever_is_encrypted_comes_back(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        return
    assert crypto.decrypt(crypto.encrypt(text)) == text
