"""Addresses of the synchronization, under /transporturi/."""

from django.urls import path

from caraus.sync.views import company_syncs, sync_now

app_name = "sync"

urlpatterns = [
    path("sincronizare/", sync_now.sync_now, name="sync_now"),
    path("sincronizari/<int:pk>/", company_syncs.company_syncs, name="company_syncs"),
]
