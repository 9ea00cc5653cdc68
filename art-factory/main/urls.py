"""Routes: complete pages `/<section>/`, partials `/partials/<resource>/<action>/`, JSON `/api/<resource>/`."""

from django.urls import path
from django.views.generic import RedirectView

from main.views import models_views

app_name = "main"

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="main:models"), name="home"),
    path("models/", models_views.models_page, name="models"),
]
