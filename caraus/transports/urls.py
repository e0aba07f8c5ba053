"""One UIT and questions to ANAF; the list stands before them in `workspace.urls`."""

from django.urls import path

from caraus.transports import card_views, note_views, sync_pages, views

urlpatterns = [
    path("sincronizare/", views.sync_now, name="sync"),
    path("sincronizari/<int:pk>/", sync_pages.company_syncs, name="syncs"),
    path("necitite/<int:pk>/", views.unreadable, name="unreadable"),
    path("<int:pk>/", views.transport_detail, name="detail"),
    path("<int:pk>/fisa-soferului.pdf", card_views.driver_card, name="card"),
    path("<int:pk>/text-pentru-sofer/", views.driver_text, name="driver_text"),
    path("<int:pk>/note/", note_views.note_add, name="note_add"),
    path("note/<int:pk>/", note_views.note_edit, name="note"),
    path("note/<int:pk>/stergere/", note_views.note_delete, name="note_delete"),
]
