from django.urls import path

from caraus.authorizations.views import (
    checks,
    help_pages,
    integrations,
    links,
    links_per_company,
)

app_name = "authorizations"

urlpatterns = [
    path("", integrations.integrations, name="integrations"),
    path("autorizare/", integrations.authorize, name="authorize"),
    path("<int:pk>/deconectare/", integrations.disconnect, name="disconnect"),
    path("drepturi/", integrations.given_rights, name="given_rights"),
    path("<int:pk>/drepturi/", integrations.rights_line, name="rights_line"),
    path("<int:pk>/test/", checks.check, name="check"),
    path("certificat-reinnoit/", help_pages.renewed_certificate, name="renewed_certificate"),
    path("linkuri/", links.new_link, name="new_link"),
    path("linkuri/pe-firma/", links_per_company.links_per_company, name="links_per_company"),
    path("linkuri/trimise/", links.sent_links, name="sent_links"),
    path("linkuri/<int:pk>/retrimitere/", links.send_link_again, name="send_link_again"),
    path("linkuri/<int:pk>/retragere/", links.revoke_link, name="revoke_link"),
    path("ajutor/", help_pages.causes, name="help"),
    path("ajutor/<slug:slug>/", help_pages.cause, name="cause"),
]
