from django.apps import AppConfig


class TransportsConfig(AppConfig):
    name = "caraus.transports"
    label = "transports"
    verbose_name = "Transporturi"

    def ready(self) -> None:
        """Notify people of what ANAF's responses changed."""
        from caraus.transports import expiry, notifications

        notifications.connect_signals()
        expiry.connect_signals()
