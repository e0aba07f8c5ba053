from django.apps import AppConfig


class TransportsConfig(AppConfig):
    name = "caraus.transports"
    label = "transports"
    verbose_name = "Transporturi"

    def ready(self) -> None:
        """Nobody speaks with ANAF past the door; people are told what its answers changed."""
        from caraus.anaf import door
        from caraus.transports import gatekeeper, lapses, news

        door.guard(gatekeeper.passing)
        news.connect()
        lapses.connect()
