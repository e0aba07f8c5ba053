"""An empty, migrated PostgreSQL for a benchmark, with Django set up on it."""

import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from cryptography.fernet import Fernet

from caraus import embedded
from tests.folders import make_folder


@contextmanager
def migrated_database(name: str) -> Iterator[None]:
    """Start it in a folder of its own, which goes with it; models can be imported inside."""
    top = make_folder(f"caraus-{name}-")
    os.environ["CARAUS_EMBEDDED_FSYNC"] = "off"
    held = embedded.acquire(top / "data")
    try:
        os.environ |= {
            "DATABASE_URL": held.url,
            "CARAUS_SECRET_KEY": "for-benchmarks-only" * 3,
            "CARAUS_TOKEN_KEYS": Fernet.generate_key().decode(),
            "DJANGO_SETTINGS_MODULE": "caraus.settings",
            "CARAUS_LOG_READABLE": "0",
        }
        import django
        from django.core.management import call_command

        django.setup()
        logging.disable(logging.INFO)
        call_command("migrate", verbosity=0)
        yield
    finally:
        from django.db import connections

        connections.close_all()
        held.release()
        shutil.rmtree(top, ignore_errors=True)
