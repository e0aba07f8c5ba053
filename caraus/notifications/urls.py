from django.urls import path

from caraus.notifications.views import notifications, preferences

app_name = "notifications"

urlpatterns = [
    path("", notifications.notification_list, name="list"),
    path("clopotel/", notifications.bell, name="bell"),
    path("citite/", notifications.read_all, name="read_all"),
    path("preferinte/", preferences.preferences, name="preferences"),
    path("<int:pk>/", notifications.open_notification, name="open"),
]
