from django.apps import AppConfig


class AuthorizationsConfig(AppConfig):
    name = "caraus.authorizations"
    label = "authorizations"
    verbose_name = "Autorizări SPV"

    def ready(self) -> None:
        """Register the part of a person's data, by import."""
        from caraus.authorizations import personal_data  # noqa: F401
