from django.apps import AppConfig


class DriversConfig(AppConfig):
    name = "caraus.drivers"
    label = "drivers"
    verbose_name = "Șoferi"
