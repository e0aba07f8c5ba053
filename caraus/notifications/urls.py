from django.urls import path

from caraus.notifications import views

app_name = "notifications"

urlpatterns = [
    path("", views.notification_list, name="list"),
    path("clopotel/", views.bell, name="bell"),
    path("citite/", views.read_all, name="read_all"),
    path("preferinte/", views.preferences, name="preferences"),
    path("<int:pk>/", views.open_one, name="open"),
]
