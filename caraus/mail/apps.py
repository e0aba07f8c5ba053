from django.apps import AppConfig


class MailConfig(AppConfig):
    name = "caraus.mail"
    label = "mail"
    verbose_name = "E-mail"
