"""Addresses of the list, its other views, and of a UIT's page, under /transporturi/."""

from django.urls import path

from caraus.workspace.views import exports, notes, saved_views, transport, transport_list, week
from caraus.workspace.views import unreadable as unreadable_views

app_name = "workspace"

urlpatterns = [
    path("", transport_list.transport_list, name="list"),
    path("coloane/", saved_views.choose_columns, name="columns"),
    path("vederi/", saved_views.saved_view_list, name="saved_views"),
    path("vederi/<int:pk>/", saved_views.change_view, name="saved_view"),
    path("export/", exports.new_export, name="export_new"),
    path("export/<int:pk>/", exports.show_export, name="export"),
    path("export/<int:pk>/fisier/", exports.export_file, name="export_file"),
    path("saptamana/", week.week_strip, name="week"),
    path("harta/", week.show_county_map, name="map"),
    path("necitite/<int:pk>/", unreadable_views.unreadable, name="unreadable"),
    path("<int:pk>/", transport.transport_detail, name="detail"),
    path("<int:pk>/note/", notes.note_add, name="note_add"),
    path("note/<int:pk>/", notes.note_edit, name="note"),
    path("note/<int:pk>/stergere/", notes.note_delete, name="note_delete"),
]
