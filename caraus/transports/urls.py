from django.urls import path

from caraus.transports import views

app_name = "transports"

urlpatterns = [
    path("", views.transport_list, name="list"),
    path("sincronizare/", views.sync_now, name="sync"),
    path("necitite/<int:pk>/", views.unreadable, name="unreadable"),
    path("<int:pk>/", views.transport_detail, name="detail"),
]
