"""Roles as data: group name to permissions. Adding a role is adding a line here and running `bootstrap_roles`."""

from typing import Final

VIEW_INVENTORY: Final = (
    "inventory.access_inventory_app",
    "dashboard.access_dashboard_app",
    "inventory.export_printers",
    "inventory.export_amb_report",
    "inventory.view_web_parsing",
    "inventory.view_fleet_health",
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

VIEW_CONTRACTS: Final = (
    "contracts.access_contracts_app",
    "contracts.export_contracts",
    *(
        f"contracts.view_{model}"
        for model in (
            "contractdevice", "contractstatus", "contractevent", "cartridge", "cartridgeorder", "city", "devicemodel",
            "devicemodelcartridge", "importsession", "manufacturer", "serviceprovider",
        )
    ),
)  # fmt: skip
EDIT_CONTRACTS: Final = (
    *VIEW_CONTRACTS,
    "contracts.import_contracts",
    "contracts.order_cartridges",
    *(f"contracts.{action}_contractdevice" for action in ("add", "change", "delete")),
)

READ_MONTHS: Final = (
    "monthly_report.access_monthly_report",
    "monthly_report.view_monthlyreport",
    "monthly_report.view_monthcontrol",
)
MONTH_ROLES: Final[dict[str, tuple[str, ...]]] = {
    "MonthlyReport Viewers": (),
    "MonthlyReport Uploaders": ("upload_monthly_report",),
    "MonthlyReport Editors (Start)": ("edit_counters_start",),
    "MonthlyReport Editors (End)": ("edit_counters_end",),
    "MonthlyReport Editors (Full)": ("edit_counters_start", "edit_counters_end"),
    "MonthlyReport Sync Users": ("sync_from_inventory",),
    "MonthlyReport History Viewers": ("view_change_history",),
    "MonthlyReport Metrics Viewers": ("view_monthly_report_metrics",),
    "MonthlyReport Month Visibility Managers": ("can_manage_month_visibility",),
    "MonthlyReport Auto Polling Resetters": ("can_reset_auto_polling",),
    "MonthlyReport Poll All Users": ("can_poll_all_printers",),
    "MonthlyReport Managers": (
        "upload_monthly_report",
        "edit_counters_start",
        "edit_counters_end",
        "sync_from_inventory",
        "view_change_history",
        "view_monthly_report_metrics",
        "can_manage_month_visibility",
        "can_reset_auto_polling",
        "can_poll_all_printers",
        "can_delete_month",
        "mail_month",
        "export_to_glpi",
    ),
}
"""What each role of the month may do beside reading published months."""

VIEW_BILLING: Final = (
    "billing.access_billing",
    "billing.export_billing",
    "billing.view_tariff",
    "billing.view_tarifftier",
    "billing.view_invoice",
)

ROLES: Final[dict[str, tuple[str, ...]]] = {
    "Inventory Viewer": VIEW_INVENTORY,
    "Inventory Operator": (*VIEW_INVENTORY, "inventory.run_inventory"),
    "Inventory Editor": (*EDIT_INVENTORY, "inventory.run_inventory"),
    "Inventory Admin": (
        *EDIT_INVENTORY,
        "inventory.run_inventory",
        "dashboard.manage_alerts",
        "inventory.manage_web_parsing",
        "inventory.can_create_public_templates",
        "inventory.view_api_docs",
        "inventory.manage_glpi",
    ),
    "Contracts Viewer": VIEW_CONTRACTS,
    "Contracts Editor": EDIT_CONTRACTS,
    "Contracts Admin": (
        *EDIT_CONTRACTS,
        *(
            f"contracts.{action}_{model}"
            for action in ("add", "change", "delete")
            for model in (
                "contractstatus",
                "cartridge",
                "city",
                "devicemodel",
                "devicemodelcartridge",
                "manufacturer",
                "serviceprovider",
            )
        ),
    ),
    "User Administrator": (
        "access.manage_users",
        "access.view_entity_changes",
        "access.view_alloweduser",
        "access.add_alloweduser",
        "access.change_alloweduser",
        "access.delete_alloweduser",
    ),
    **{name: (*READ_MONTHS, *(f"monthly_report.{deed}" for deed in deeds)) for name, deeds in MONTH_ROLES.items()},
    "Billing Viewer": VIEW_BILLING,
    "Billing Manager": (
        *VIEW_BILLING,
        "billing.edit_tariffs",
        "billing.issue_invoices",
        *(f"billing.{action}_tariff" for action in ("add", "change", "delete")),
    ),
}

WHOLE_FLEET: Final = frozenset(
    {
        "inventory.add_printer",
        "inventory.view_fleet_health",
        "inventory.manage_glpi",
        "dashboard.manage_alerts",
        *(f"inventory.{action}_organization" for action in ("add", "change", "delete")),
        "inventory.can_create_public_templates",
        "contracts.import_contracts",
        *(
            f"contracts.{action}_{model}"
            for action in ("add", "change", "delete")
            for model in (
                "contractstatus", "cartridge", "city", "devicemodel", "devicemodelcartridge", "manufacturer",
                "serviceprovider",
            )
        ),
        "monthly_report.upload_monthly_report",
        "monthly_report.sync_from_inventory",
        "monthly_report.view_monthly_report_metrics",
        "monthly_report.can_manage_month_visibility",
        "monthly_report.can_poll_all_printers",
        "monthly_report.can_delete_month",
        "monthly_report.override_auto_lock",
    }
)  # fmt: skip
"""Permissions that reach beyond any organization: a person with a limit to some has none of them, whatever their roles say.

Adding a printer is one: it asks any address of PRINTER_NETWORKS, which belong to all clients.
"""
WHOLE_FLEET_APPS: Final = frozenset({"access", "admin", "auth", "billing", "eztaskmanager", "outbox"})
"""Applications none of whose permissions count for a person with a limit."""
