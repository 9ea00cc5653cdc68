"""The catalogue of manufacturers and device models."""

from contracts.models.catalogue import DeviceModel, Manufacturer

__all__ = ["DeviceModel", "Manufacturer"]
