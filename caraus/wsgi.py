"""The WSGI application that the web server runs."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "caraus.settings")

application = get_wsgi_application()


def settle() -> None:
    """Load every page's code now, and never look through it for garbage again; through the rest
    less often: a page makes thousands of objects, and hardly one of them is garbage in a ring."""
    from django.urls import get_resolver

    get_resolver().url_patterns  # noqa: B018 - which loads them
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
