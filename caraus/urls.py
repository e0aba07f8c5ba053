"""Addresses: Romanian, as people read them."""

from django.urls import include, path

from caraus.connections.views import callback
from caraus.web import companies, views

urlpatterns = [
    path("", views.home, name="home"),
    path("integrari/", include("caraus.connections.urls")),
    path("notificari/", include("caraus.notifications.urls")),
    path("anaf/callback", callback, name="anaf_callback"),
    path("transporturi/", include("caraus.transports.urls")),
    path("firme/", companies.company_list, name="companies"),
    path("firme/<int:pk>/", companies.company_edit, name="company"),
    path("organizatie/", views.switch_organization, name="switch_organization"),
    path("cont/", include("allauth.urls")),
    path("healthz", views.healthz, name="healthz"),
]

handler400 = "caraus.web.views.bad_request"
handler403 = "caraus.web.views.forbidden"
handler404 = "caraus.web.views.not_found"
handler500 = "caraus.web.views.server_error"
