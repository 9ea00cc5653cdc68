"""Permissions of the contracts that belong to no table."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ContractsAccess(models.Model):  # noqa: DJ008 - has no rows to name
    """Holder of the application's own permissions; has no table."""

    class Meta:
        managed = False
        default_permissions = ()
        permissions = [
            ("access_contracts_app", _("Can open the contracts")),
            ("export_contracts", _("Can export contract devices")),
            ("import_contracts", _("Can import contract devices")),
            ("order_cartridges", _("Can order cartridges")),
        ]
