from django.apps import AppConfig


class WorkspaceConfig(AppConfig):
    name = "caraus.workspace"
    verbose_name = "Transporturi"
