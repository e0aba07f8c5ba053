from django.apps import AppConfig


class TransportsConfig(AppConfig):
    name = "caraus.transports"
    label = "transports"
    verbose_name = "Transporturi"

    def ready(self) -> None:
        """Notify people of what ANAF's responses changed."""
        from caraus.transports import expiry, notification_kinds, notifications  # noqa: F401

        notifications.connect()
        expiry.connect()
