from django.apps import AppConfig


class WorkspaceConfig(AppConfig):
    name = "caraus.workspace"
    verbose_name = "Transporturi"

    def ready(self) -> None:
        """Register the workspace's part of a person's data."""
        from caraus.workspace import personal_data  # noqa: F401
