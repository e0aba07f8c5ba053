"""The addresses under /flota/."""

from django.urls import path

from caraus.fleet.views import imports, issues, missing, vehicles

app_name = "fleet"

urlpatterns = [
    path("", vehicles.fleet_list, name="list"),
    path("<int:pk>/", vehicles.vehicle_edit, name="vehicle"),
    path("<int:pk>/retragere/", vehicles.vehicle_retire, name="retire"),
    path("<int:pk>/stergere/", vehicles.vehicle_delete, name="delete"),
    path("din-uit/<int:pk>/", vehicles.add_from_transport, name="add_from_transport"),
    path("probleme/<int:pk>/", issues.change_issue, name="issue"),
    path("de-pe-uit-uri/", missing.missing_from_fleet, name="missing"),
    path("din-uit-uri/", missing.add_from_selection, name="add_from_selection"),
    path("import/", imports.fleet_import_start, name="import"),
    path("import/model.csv", imports.fleet_import_example, name="import_example"),
    path("import/<int:pk>/", imports.fleet_import_preview, name="import_preview"),
    path("import/<int:pk>/renuntare/", imports.fleet_import_drop, name="import_drop"),
    path("import/<int:pk>/anulare/", imports.fleet_import_undo, name="import_undo"),
]
