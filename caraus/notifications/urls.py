from django.urls import path

from caraus.notifications.views import escalation, notifications, preferences, push

app_name = "notifications"

urlpatterns = [
    path("", notifications.notification_list, name="list"),
    path("clopotel/", notifications.bell, name="bell"),
    path("citite/", notifications.read_all, name="read_all"),
    path("preferinte/", preferences.preferences, name="preferences"),
    path("alarme/", escalation.escalation_list, name="escalation"),
    path("alarme/iesire/", escalation.leave_escalation, name="leave_escalation"),
    path("dispozitiv/", push.subscribe, name="push_subscribe"),
    path("dispozitiv/oprire/", push.unsubscribe, name="push_unsubscribe"),
    path("dispozitiv/proba/", push.request_sample, name="push_sample"),
    path("<int:pk>/", notifications.open_notification, name="open"),
]
