"""The Django project: settings, routes, entry points."""
