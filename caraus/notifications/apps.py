from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "caraus.notifications"
    label = "notifications"
    verbose_name = "Notificări"

    def ready(self) -> None:
        """Register the kinds of notifications of all packages and their messages; notify owners."""
        from django.utils.module_loading import autodiscover_modules

        from caraus.notifications import escalation_texts, owner_notifications, push_browsers  # noqa: F401
        from caraus.notifications import personal_data as _  # noqa: F401

        autodiscover_modules("notification_kinds", "notification_texts", "notification_alarms")
        owner_notifications.connect_signals()
        push_browsers.connect_signals()
