from django.urls import path

from caraus.authorizations import check_views, external_views, help_views, views

app_name = "authorizations"

urlpatterns = [
    path("", views.integrations, name="integrations"),
    path("autorizare/", views.authorize, name="authorize"),
    path("<int:pk>/deconectare/", views.disconnect, name="disconnect"),
    path("drepturi/", views.given_rights, name="given_rights"),
    path("<int:pk>/drepturi/", views.rights_line, name="rights_line"),
    path("<int:pk>/test/", check_views.check, name="check"),
    path("certificat-reinnoit/", help_views.renewed_certificate, name="renewed_certificate"),
    path("linkuri/", external_views.new_link, name="new_link"),
    path("linkuri/<int:pk>/retragere/", external_views.revoke_link, name="revoke_link"),
    path("ajutor/", help_views.causes, name="help"),
    path("ajutor/<slug:slug>/", help_views.cause, name="cause"),
]
