"""One UIT and questions to ANAF; the list stands before them in `workspace.urls`."""

from django.urls import path

from caraus.transports import views

urlpatterns = [
    path("sincronizare/", views.sync_now, name="sync"),
    path("necitite/<int:pk>/", views.unreadable, name="unreadable"),
    path("<int:pk>/", views.transport_detail, name="detail"),
]
