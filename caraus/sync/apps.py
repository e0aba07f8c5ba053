from django.apps import AppConfig


class SyncConfig(AppConfig):
    name = "caraus.sync"
    label = "sync"
    verbose_name = "Sincronizare"

    def ready(self) -> None:
        """Route every call to ANAF through the rate limiter; register what other pages show."""
        from caraus.anaf import rate_limit
        from caraus.authorizations.card_notices import register_card_notices
        from caraus.sync.card_notices import sync_notices
        from caraus.sync.limiter import permits

        rate_limit.set_limiter(permits.limited_call)
        register_card_notices(sync_notices)
