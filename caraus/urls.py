"""Addresses: Romanian, as people read them."""

from django.conf import settings
from django.urls import include, path

from caraus.authorizations.views.integrations import callback, take_back
from caraus.authorizations.views.links import external_page, open_link
from caraus.notifications.views.push import renew, service_worker
from caraus.sync.views.company_syncs import show_metrics
from caraus.web.views import (
    application_state,
    companies,
    company,
    company_imports,
    health,
    language,
    pages,
)
from caraus.workspace.views import exports

urlpatterns = [
    path("", pages.home, name="home"),
    path("limba/", language.choose_language, name="language"),
    path("integrari/", include("caraus.authorizations.urls")),
    path("notificari/", include("caraus.notifications.urls")),
    path("autorizare/", external_page, name="external_page"),
    path("autorizare/<str:secret>/", open_link, name="external_link"),
    path("anaf/callback", callback, name="anaf_callback"),
    path("anaf/nu-am-vrut/", take_back, name="take_back"),
    path("transporturi/", include("caraus.workspace.urls")),
    path("transporturi/", include("caraus.sync.urls")),
    path("transporturi/", include("caraus.drivers.urls")),
    path("flota/", include("caraus.fleet.urls")),
    path("depuneri/", include("caraus.filings.urls")),
    path("firme/", companies.company_list, name="companies"),
    path("firme/alese/", companies.companies_selected, name="companies_selected"),
    path("firme/<int:pk>/", company.company_page, name="company"),
    path("firme/lista/", company_imports.company_import_start, name="companies_import"),
    path("firme/lista/<int:pk>/", company_imports.company_import_preview, name="companies_preview"),
    path(
        "firme/lista/<int:pk>/renuntare/",
        company_imports.company_import_drop,
        name="companies_drop",
    ),
    path(
        "firme/lista/<int:pk>/anulare/", company_imports.company_import_undo, name="companies_undo"
    ),
    path("firme/<int:pk>/arhivare/", company.company_archive, name="company_archive"),
    path("firme/<int:pk>/stergere/", company.company_delete, name="company_delete"),
    path("organizatie/export/", exports.organization_export, name="organization_export"),
    path("organizatie/jurnal/export/", exports.audit_log_export, name="audit_log_export"),
    path(
        "organizatie/starea-aplicatiei/",
        application_state.application_state_page,
        name="application_state",
    ),
    path(
        "organizatie/starea-aplicatiei/e-mail-de-proba/",
        application_state.trial_email_send,
        name="trial_email",
    ),
    path("", include("caraus.accounts.urls")),
    path("cont/", include("allauth.urls")),
    path("metrics", show_metrics, name="metrics"),
    path("notificari.js", service_worker, name="service_worker"),
    path("notificari-dispozitiv-nou/", renew, name="push_renew"),
    path("manifest.webmanifest", pages.manifest, name="manifest"),
    path("favicon.ico", pages.favicon, name="favicon"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]

if settings.DEBUG:
    urlpatterns += [path("stil", pages.style, name="style")]

handler400 = "caraus.web.views.errors.bad_request"
handler403 = "caraus.web.views.errors.forbidden"
handler404 = "caraus.web.views.errors.not_found"
handler500 = "caraus.web.views.errors.server_error"
