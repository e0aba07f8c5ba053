"""The settings of ANAF's services as the boundary takes them."""

from django.conf import settings

from caraus.anaf.errors import AnafError
from caraus.anaf.http import AnafSettings


def is_configured() -> bool:
    """Return whether ANAF has given this installation a client id and a secret."""
    return not missing_keys()


def missing_keys() -> list[str]:
    """Return the names of the settings that ANAF's registration of the application would fill."""
    names = ("ANAF_CLIENT_ID", "ANAF_CLIENT_SECRET")
    return [name for name in names if not getattr(settings, name)]


def anaf_settings() -> AnafSettings:
    """Return the settings of the boundary. Raises AnafError (missing_configuration) when the client
    id or its secret is missing."""
    if not is_configured():
        raise AnafError("missing_configuration")
    return AnafSettings(
        client_id=settings.ANAF_CLIENT_ID,
        client_secret=settings.ANAF_CLIENT_SECRET,
        redirect_uri=settings.ANAF_REDIRECT_URI,
        login_url=settings.ANAF_LOGIN_URL,
        api_url=settings.ANAF_API_URL,
        environment="test" if settings.ANAF_ENVIRONMENT == "test" else "prod",
        timeout=settings.ANAF_TIMEOUT_SECONDS,
    )
