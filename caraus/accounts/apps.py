from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "caraus.accounts"
    label = "accounts"
    verbose_name = "Conturi"

    def ready(self) -> None:
        from caraus.accounts import signal_handlers

        signal_handlers.connect_signals()
