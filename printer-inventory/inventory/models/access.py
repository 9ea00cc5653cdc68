"""Permissions of the inventory that belong to no table."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class InventoryAccess(models.Model):  # noqa: DJ008 - has no rows to name
    """Holder of the application's own permissions; has no table."""

    class Meta:
        managed = False
        default_permissions = ()
        permissions = [
            ("access_inventory_app", _("Can open the inventory")),
            ("run_inventory", _("Can poll printers")),
            ("resolve_quarantine", _("Can resolve doubtful readings")),
            ("export_printers", _("Can export printers")),
            ("export_amb_report", _("Can export the AMB report")),
            ("manage_web_parsing", _("Can edit web parsing rules")),
            ("view_web_parsing", _("Can see web parsing rules")),
            ("can_create_public_templates", _("Can publish web parsing templates")),
            ("manage_glpi", _("Can set up the GLPI server")),
            ("view_api_docs", _("Can read the API documentation")),
            ("view_fleet_health", _("Can see how the polling of the whole fleet goes")),
        ]
