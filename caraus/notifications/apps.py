from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "caraus.notifications"
    label = "notifications"
    verbose_name = "Notificări"

    def ready(self) -> None:
        from caraus.notifications import owner_notifications

        owner_notifications.connect()
