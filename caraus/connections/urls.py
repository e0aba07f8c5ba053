from django.urls import path

from caraus.connections import views

app_name = "connections"

urlpatterns = [
    path("", views.integrations, name="integrations"),
    path("autorizare/", views.authorize, name="authorize"),
    path("<int:pk>/deconectare/", views.disconnect, name="disconnect"),
]
