"""Addresses of the list, its other views, and of a UIT's page, under /transporturi/."""

from django.urls import path

from caraus.workspace.views import (
    county_map,
    declarants,
    exports,
    finder,
    lorries,
    marks,
    notes,
    saved_views,
    transport,
    transport_list,
    unreadable,
    week,
)

app_name = "workspace"

urlpatterns = [
    path("", transport_list.transport_list, name="list"),
    path("cauta/", finder.show_results, name="find"),
    path("coloane/", saved_views.save_layout, name="columns"),
    path("vederi/", saved_views.saved_view_list, name="saved_views"),
    path("vederi/<int:pk>/", saved_views.change_view, name="saved_view"),
    path("export/", exports.new_export, name="export_new"),
    path("export/<int:pk>/", exports.show_export, name="export"),
    path("export/<int:pk>/fisier/", exports.export_file, name="export_file"),
    path("camioane/", lorries.show_lorries, name="lorries"),
    path("saptamana/", week.show_week, name="week"),
    path("harta/", county_map.show_county_map, name="map"),
    path("necitite/<int:pk>/", unreadable.show_unreadable_record, name="unreadable"),
    path("<int:pk>/", transport.transport_detail, name="detail"),
    path("<int:pk>/contact-declarant/", declarants.change_contact, name="contact"),
    path("<int:pk>/cerere/", declarants.write_request, name="request"),
    path("<int:pk>/marcaj/", marks.mark_transport, name="mark"),
    path("alese/", marks.mark_selection, name="selection"),
    path("<int:pk>/note/", notes.add_note, name="note_add"),
    path("note/<int:pk>/", notes.edit_note, name="note"),
    path("note/<int:pk>/stergere/", notes.delete_note, name="note_delete"),
]
