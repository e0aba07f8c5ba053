"""One UIT and questions to ANAF; the list stands before them in `workspace.urls`."""

from django.urls import path

from caraus.transports import sync_pages, views

urlpatterns = [
    path("sincronizare/", views.sync_now, name="sync"),
    path("sincronizari/<int:pk>/", sync_pages.company_syncs, name="syncs"),
    path("necitite/<int:pk>/", views.unreadable, name="unreadable"),
    path("<int:pk>/", views.transport_detail, name="detail"),
]
