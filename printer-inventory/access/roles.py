"""Roles as data: group name to permissions. Adding a role is adding a line here and running `bootstrap_roles`."""

from typing import Final

VIEW_INVENTORY: Final = (
    "inventory.access_inventory_app",
    "inventory.export_printers",
    "inventory.export_amb_report",
    "inventory.view_web_parsing",
    "inventory.view_printer",
    "inventory.view_organization",
    "inventory.view_inventorytask",
    "inventory.view_pagecounter",
    "contracts.view_devicemodel",
    "contracts.view_manufacturer",
)
EDIT_INVENTORY: Final = (
    *VIEW_INVENTORY,
    "inventory.resolve_quarantine",
    *(
        f"inventory.{action}_{model}"
        for model in ("printer", "organization", "inventorytask")
        for action in ("add", "change", "delete")
    ),
)

ROLES: Final[dict[str, tuple[str, ...]]] = {
    "Inventory Viewer": VIEW_INVENTORY,
    "Inventory Operator": (*VIEW_INVENTORY, "inventory.run_inventory"),
    "Inventory Editor": (*EDIT_INVENTORY, "inventory.run_inventory"),
    "Inventory Admin": (
        *EDIT_INVENTORY,
        "inventory.run_inventory",
        "inventory.manage_web_parsing",
        "inventory.can_create_public_templates",
        "inventory.view_api_docs",
    ),
}
