"""What an API token can be made for. A scope never gives more than its owner's own permissions."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SCOPES: Final[dict[str, str | Promise]] = {
    "printers:read": _("Read printers, their readings and polls"),
    "printers:write": _("Add, edit and retire printers"),
    "polls:run": _("Ask printers now"),
    "exports:run": _("Export the fleet"),
    "contracts:import": _("Import contracts"),
    "billing:read": _("Read tariffs and invoices"),
}
