from django.apps import AppConfig


class ConnectionsConfig(AppConfig):
    name = "caraus.connections"
    label = "connections"
    verbose_name = "Autorizări SPV"
