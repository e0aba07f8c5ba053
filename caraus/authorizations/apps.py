from django.apps import AppConfig


class AuthorizationsConfig(AppConfig):
    name = "caraus.authorizations"
    label = "authorizations"
    verbose_name = "Autorizări SPV"

    def ready(self) -> None:
        """Register the kinds of notifications and the part of a person's data, by import."""
        from caraus.authorizations import notification_kinds, personal_data  # noqa: F401
