"""The addresses under /flota/."""

from django.urls import path

from caraus.fleet import views

app_name = "fleet"

urlpatterns = [
    path("", views.fleet_list, name="list"),
    path("<int:pk>/", views.vehicle_edit, name="vehicle"),
    path("<int:pk>/retragere/", views.vehicle_retire, name="retire"),
    path("<int:pk>/stergere/", views.vehicle_delete, name="delete"),
    path("din-uit/<int:pk>/", views.add_from_transport, name="add_from_transport"),
    path("import/", views.import_start, name="import"),
    path("import/model.csv", views.import_example, name="import_example"),
    path("import/<int:pk>/", views.import_preview, name="import_preview"),
    path("import/<int:pk>/renuntare/", views.import_drop, name="import_drop"),
]
