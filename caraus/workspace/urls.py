"""The addresses under /transporturi/: the list here, the rest in its own room."""

from django.urls import path

from caraus.transports.urls import urlpatterns as transports
from caraus.workspace import views

app_name = "transports"

urlpatterns = [
    path("", views.transport_list, name="list"),
    *transports,
]
