"""The catalogue of models and cartridges, devices under contract, their history, imports and orders."""

from contracts.models.access import ContractsAccess
from contracts.models.autopoll import AutoPollCandidate, AutoPollJob
from contracts.models.cartridge_import import CartridgeImport, CartridgeImportRow
from contracts.models.catalogue import Cartridge, DeviceModel, DeviceModelCartridge, Manufacturer
from contracts.models.device import ContractDevice
from contracts.models.event import ContractEvent, DeviceChange
from contracts.models.imports import ImportFile, ImportRow, ImportSession
from contracts.models.order import CartridgeOrder
from contracts.models.reference import City, ContractStatus, ServiceProvider

__all__ = [
    "AutoPollCandidate",
    "AutoPollJob",
    "Cartridge",
    "CartridgeImport",
    "CartridgeImportRow",
    "CartridgeOrder",
    "City",
    "ContractDevice",
    "ContractEvent",
    "ContractStatus",
    "ContractsAccess",
    "DeviceChange",
    "DeviceModel",
    "DeviceModelCartridge",
    "ImportFile",
    "ImportRow",
    "ImportSession",
    "Manufacturer",
    "ServiceProvider",
]
