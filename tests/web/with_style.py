"""The addresses as in debug mode."""

from django.urls import path

from caraus.urls import handler400, handler403, handler404, handler500
from caraus.urls import urlpatterns as addresses
from caraus.web.views import pages

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

urlpatterns = [*addresses, path("stil", pages.style, name="style")]
