"""The addresses under /transporturi/: the list here, the rest in its own room."""

from django.urls import path

from caraus.transports.urls import urlpatterns as transports
from caraus.workspace import export_views, other_views, own_views, views

app_name = "transports"

urlpatterns = [
    path("", views.transport_list, name="list"),
    path("coloane/", own_views.choose_columns, name="columns"),
    path("vederi/", own_views.saved_views, name="saved_views"),
    path("vederi/<int:pk>/", own_views.change_view, name="saved_view"),
    path("export/", export_views.new_export, name="export_new"),
    path("export/<int:pk>/", export_views.show_export, name="export"),
    path("export/<int:pk>/fisier/", export_views.export_file, name="export_file"),
    path("saptamana/", other_views.week_strip, name="week"),
    path("harta/", other_views.county_map, name="map"),
    *transports,
]
