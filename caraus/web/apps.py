from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "caraus.web"
    label = "web"
    verbose_name = "Pagini"
