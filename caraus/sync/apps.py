from django.apps import AppConfig


class SyncConfig(AppConfig):
    name = "caraus.sync"
    label = "sync"
    verbose_name = "Sincronizare"

    def ready(self) -> None:
        """Route every call to ANAF through the rate limiter."""
        from caraus.anaf import rate_limit
        from caraus.sync import notification_kinds  # noqa: F401
        from caraus.sync.limiter import permits

        rate_limit.set_limiter(permits.limited_call)
