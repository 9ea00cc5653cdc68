"""What the inventory does, free of HTTP: ask, lease, judge, store, tell, list."""


def run_inventory_for_printer(printer_id: int, triggered_by: str = "manual") -> tuple[bool, str]:
    """Poll one printer now; return (success, sentence). See `inventory.services.sweeping`."""
    from inventory.services import sweeping

    return sweeping.run_inventory_for_printer(printer_id, triggered_by)


__all__ = ["run_inventory_for_printer"]
