from django.apps import AppConfig


class FilingsConfig(AppConfig):
    name = "caraus.filings"
    label = "filings"
    verbose_name = "Depuneri la ANAF"

    def ready(self) -> None:
        from caraus.filings import notification_kinds, tracking  # noqa: F401

        tracking.connect()
