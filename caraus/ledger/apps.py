from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "caraus.ledger"
    label = "ledger"
    verbose_name = "Registru"
