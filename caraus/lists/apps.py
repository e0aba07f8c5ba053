from django.apps import AppConfig


class ListsConfig(AppConfig):
    name = "caraus.lists"
    label = "lists"
    verbose_name = "Liste"
