from django.apps import AppConfig


class AuthorizationsConfig(AppConfig):
    name = "caraus.authorizations"
    label = "authorizations"
    verbose_name = "Autorizări SPV"

    def ready(self) -> None:
        from caraus.authorizations import personal_data

        personal_data.connect()
