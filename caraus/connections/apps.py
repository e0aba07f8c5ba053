from django.apps import AppConfig
from django.utils.translation import gettext


class ConnectionsConfig(AppConfig):
    name = "caraus.connections"
    label = "connections"
    verbose_name = "Autorizări SPV"

    def ready(self) -> None:
        from caraus.anaf import problems

        problems.speak(gettext)
