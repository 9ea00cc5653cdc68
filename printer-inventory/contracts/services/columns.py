"""The columns of the device list: what can be shown, sorted, filtered and exported, in one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Kind = Literal["reference", "text", "month", "link"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the list.

    `key` is its word in addresses, `label` its heading on the page, `title` its heading in Excel (Russian, as the documents
    have it), `field` what is filtered by (an id for a reference), `shown_by` the text of a reference, `sort` the order.
    """

    key: str
    label: str | Promise
    title: str
    kind: Kind
    field: str
    shown_by: str = ""
    sort: tuple[str, ...] = ()
    shown: bool = True
    fixed: bool = False


COLUMNS: Final = (
    Column(
        "organization", _("Organization"), "Организация", "reference", "organization", "organization__name",
        ("organization__name",),
    ),
    Column("city", _("City"), "Город", "reference", "city", "city__name", ("city__name",)),
    Column("address", _("Address"), "Адрес", "text", "address", sort=("address", "room_number")),
    Column("room", _("Room"), "№ кабинета", "text", "room_number", sort=("room_number",)),
    Column(
        "manufacturer", _("Manufacturer"), "Производитель", "reference", "model__manufacturer",
        "model__manufacturer__name", ("model__manufacturer__name", "model__name"), shown=False,
    ),
    Column(
        "model", _("Model"), "Модель оборудования", "reference", "model", "model__name",
        ("model__manufacturer__name", "model__name"),
    ),
    Column("serial", _("Serial number"), "Серийный номер", "text", "serial_number", sort=("serial_number",), fixed=True),
    Column(
        "month", _("Serviced from"), "Месяц обслуживания", "month", "service_start_month", sort=("service_start_month",)
    ),
    Column("status", _("Status"), "Статус", "reference", "status", "status__name", ("status__name",)),
    Column(
        "provider", _("Provider"), "Подрядчик", "reference", "service_provider", "service_provider__name",
        ("service_provider__name",),
    ),
    Column("comment", _("Comment"), "Комментарий", "text", "comment", sort=("comment",), shown=False),
    Column("printer", _("Printer"), "", "link", "printer"),
)  # fmt: skip
BY_KEY: Final = {column.key: column for column in COLUMNS}
