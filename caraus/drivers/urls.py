"""Addresses of what a driver gets, under /transporturi/."""

from django.urls import path

from caraus.drivers.views import card, text

app_name = "drivers"

urlpatterns = [
    path("<int:pk>/fisa-soferului.pdf", card.driver_card, name="card"),
    path("fise-soferi.pdf", card.driver_cards, name="cards"),
    path("texte-pentru-sofer/", text.show_driver_texts, name="texts"),
    path("<int:pk>/text-pentru-sofer/", text.show_driver_text, name="text"),
]
