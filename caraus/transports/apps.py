from django.apps import AppConfig


class TransportsConfig(AppConfig):
    name = "caraus.transports"
    label = "transports"
    verbose_name = "Transporturi"

    def ready(self) -> None:
        """Nobody speaks with ANAF's services past the door."""
        from caraus.anaf import door
        from caraus.transports import gatekeeper

        door.guard(gatekeeper.passing)
