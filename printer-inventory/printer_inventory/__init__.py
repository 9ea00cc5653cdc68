"""The Django project of Printer Inventory."""

from printer_inventory.celery import app as celery_app

__all__ = ["celery_app"]
