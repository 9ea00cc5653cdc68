"""The app to list in INSTALLED_APPS as "webshell"."""

from __future__ import annotations

from django.apps import AppConfig, apps
from django.conf import settings


class WebshellConfig(AppConfig):
    """Templates and template tags of the frame; it has no models."""

    name = "webshell"
    verbose_name = "Webshell"

    def ready(self) -> None:
        """Where a project speaks several languages, let the names of all models and fields follow."""
        from webshell.labels import translate_names

        if len(settings.LANGUAGES) > 1:
            translate_names(apps.get_models(include_auto_created=True))
