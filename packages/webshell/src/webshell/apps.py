"""The app to list in INSTALLED_APPS as "webshell"."""

from __future__ import annotations

from django.apps import AppConfig


class WebshellConfig(AppConfig):
    """Templates and template tags of the frame; it has no models."""

    name = "webshell"
    verbose_name = "Webshell"
