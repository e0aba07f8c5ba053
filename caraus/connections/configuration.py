"""The settings of ANAF's services as the boundary takes them."""

from django.conf import settings

from caraus.anaf.errors import AnafError
from caraus.anaf.http import AnafSettings


def is_configured() -> bool:
    """ANAF has given this installation a client id and a secret."""
    return bool(settings.ANAF_CLIENT_ID and settings.ANAF_CLIENT_SECRET)


def anaf_settings() -> AnafSettings:
    """Raises AnafError (missing_configuration) when the client id or its secret is missing."""
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
