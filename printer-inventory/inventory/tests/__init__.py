"""Tests of the inventory. The documents name `inventory.tests.TestPrinterModel`; it is found without importing models early."""

from __future__ import annotations


def __getattr__(name: str) -> object:
    """Find a test class in the module it lives in."""
    if name == "TestPrinterModel":
        from inventory.tests.test_models import TestPrinterModel

        return TestPrinterModel
    raise AttributeError(name)
