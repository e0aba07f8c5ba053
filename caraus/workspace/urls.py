"""The addresses under /transporturi/: the list here, the rest in its own room."""

from django.urls import path

from caraus.transports.urls import urlpatterns as transports
from caraus.workspace import export_views, views

app_name = "transports"

urlpatterns = [
    path("", views.transport_list, name="list"),
    path("export/", export_views.new_export, name="export_new"),
    path("export/<int:pk>/", export_views.show_export, name="export"),
    path("export/<int:pk>/fisier/", export_views.export_file, name="export_file"),
    *transports,
]
