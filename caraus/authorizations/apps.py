from django.apps import AppConfig
from django.utils.translation import gettext


class AuthorizationsConfig(AppConfig):
    name = "caraus.authorizations"
    label = "authorizations"
    verbose_name = "Autorizări SPV"

    def ready(self) -> None:
        from caraus.anaf import problems
        from caraus.authorizations import personal_data

        problems.speak(gettext)
        personal_data.connect()
