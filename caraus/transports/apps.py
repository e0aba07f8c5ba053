from django.apps import AppConfig


class TransportsConfig(AppConfig):
    name = "caraus.transports"
    label = "transports"
    verbose_name = "Transporturi"
