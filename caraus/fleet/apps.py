from django.apps import AppConfig


class FleetConfig(AppConfig):
    name = "caraus.fleet"
    label = "fleet"
    verbose_name = "Flota"

    def ready(self) -> None:
        from caraus.fleet import issue_store, notifications

        issue_store.connect_signals()
        notifications.connect_signals()
