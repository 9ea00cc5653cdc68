"""The list as a spreadsheet in the documents' layout: exactly the devices of a filter, in its order, streamed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sheets import Out, Styled

from contracts.models import ContractDevice
from contracts.services import filters

SHEET: Final = "Устройства"
OUTS: Final = (
    Out("№"), Out("Организация"), Out("Город"), Out("Адрес"), Out("№ кабинета"), Out("Производитель"), Out("Модель"),
    Out("Серийный номер"), Out("Месяц обслуживания", format="mm.yyyy"), Out("Статус"), Out("Подрядчик"), Out("Комментарий"),
)  # fmt: skip
MISSING_OUTS: Final = (
    Out("Организация"), Out("Город"), Out("Адрес"), Out("№ кабинета"), Out("Производитель"), Out("Модель оборудования"),
    Out("Серийный номер"), Out("Статус"),
)  # fmt: skip
CHUNK: Final = 2000


def lines(chosen: filters.DeviceFilter, kind: str) -> Iterator[tuple[object, ...]]:
    """Yield the rows of a filter; in Excel the status has its colour and the month is a date, in CSV it is MM.YYYY."""
    rows = filters.with_facts(filters.select(chosen)).iterator(chunk_size=CHUNK)
    for number, device in enumerate(rows, 1):
        month = device.service_start_month
        status: object = device.status.name
        if kind != "csv":
            status = Styled(status, fill=device.status.color.lstrip("#"))
        provider = device.service_provider
        yield (
            number,
            device.organization.name,
            device.city.name,
            device.address,
            device.room_number,
            device.model.manufacturer.name,
            device.model.name,
            device.serial_number,
            month.strftime("%m.%Y") if month and kind == "csv" else month,
            status,
            provider.name if provider else None,
            device.comment,
        )


def missing_line(device: ContractDevice) -> tuple[object, ...]:
    """Return a row of the devices that stand in no file; its joins must be loaded."""
    return (
        device.organization.name,
        device.city.name,
        device.address,
        device.room_number,
        device.model.manufacturer.name,
        device.model.name,
        device.serial_number,
        Styled(device.status.name, fill=device.status.color.lstrip("#")),
    )
