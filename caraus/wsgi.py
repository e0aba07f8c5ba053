"""The WSGI application that the web server runs."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "caraus.settings")

application = get_wsgi_application()

from caraus.web.error_responses import set_timeouts_on_connect  # noqa: E402 - needs the settings

set_timeouts_on_connect()


def preload() -> None:
    """Load every page's code now, and never look through it for garbage again. The rest is looked
    through as often as ever: what is put off is a pause for whoever comes then."""
    from django.urls import get_resolver

    get_resolver().url_patterns  # noqa: B018 - which loads them
    gc.collect()
    gc.freeze()
