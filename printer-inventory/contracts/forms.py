"""Forms of the contracts. Names are typed with suggestions; `services.fields` makes values of them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _
from sheets.cells import clean_text

from contracts.models import ContractDevice, ContractStatus, DeviceModel, ServiceProvider
from contracts.services import fields
from contracts.services.importing_cartridges import LIMITS as CARTRIDGE_LIMITS
from contracts.services.importing_sheets import LIMITS


def named(field: str) -> forms.TextInput:
    """Return a text input that offers the names of a field as one types."""
    return forms.TextInput(attrs={"data-suggest": field, "autocomplete": "off"})


class DeviceForm(forms.Form):
    """Add or edit a device. `version` is the one the editor saw; `values` are ready for `services.devices`."""

    organization = forms.CharField(label=_("Organization"), max_length=200, widget=named("organization"))
    city = forms.CharField(label=_("City"), max_length=128, widget=named("city"))
    address = forms.CharField(label=_("Address"), max_length=255)
    room_number = forms.CharField(label=_("Room"), max_length=128, required=False)
    model = forms.CharField(
        label=_("Model"), max_length=260, widget=named("model"), help_text=_("Manufacturer and model.")
    )
    serial_number = forms.CharField(
        label=_("Serial number"),
        max_length=128,
        required=False,
        help_text=_("The inventory's printer with it is linked."),
    )
    status_id = forms.ModelChoiceField(label=_("Status"), queryset=ContractStatus.objects.none())
    service_provider_id = forms.ModelChoiceField(
        label=_("Service provider"), queryset=ServiceProvider.objects.none(), required=False
    )
    service_start_month = forms.CharField(
        label=_("Serviced from"), required=False, widget=forms.TextInput(attrs={"type": "month"})
    )
    comment = forms.CharField(label=_("Comment"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, device: ContractDevice | None = None, **kwargs: Any) -> None:
        """Show the device as it is."""
        self.device = device
        if device is not None:
            kwargs["initial"] = {**_shown(device), **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        choose(self.fields["status_id"], ContractStatus.objects.filter(is_active=True))
        choose(self.fields["service_provider_id"], ServiceProvider.objects.filter(is_active=True))

    def clean(self) -> dict[str, Any]:
        """Make values of what was typed; each error goes to its field."""
        given = {name: value for name, value in self.cleaned_data.items() if name != "version"}
        for name in ("status_id", "service_provider_id"):
            given[name] = given[name].pk if given.get(name) else ""
        self.values: dict[str, Any] = {}
        try:
            self.values = fields.clean(given)
        except fields.FieldsError as error:
            for name, text in error.errors.items():
                self.add_error(name if name in self.fields else f"{name}_id", text)
        return self.cleaned_data


def choose(field: forms.Field, rows: Any) -> None:
    """Offer rows in a choice field."""
    assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - declared as one; tells the type checker
    field.queryset = rows


def _shown(device: ContractDevice) -> dict[str, Any]:
    month = device.service_start_month
    return {
        "organization": device.organization.name,
        "city": device.city.name,
        "address": device.address,
        "room_number": device.room_number,
        "model": str(device.model),
        "serial_number": device.serial_number,
        "status_id": device.status_id,
        "service_provider_id": device.service_provider_id,
        "service_start_month": month.strftime("%Y-%m") if month else "",
        "comment": device.comment,
        "version": device.version,
    }


class ReplaceForm(forms.Form):
    """A broken device and what comes in its place."""

    serial_number = forms.CharField(
        label=_("Serial number of the new device"), max_length=128,
        help_text=_("A spare of the same organization with this number moves here."),
    )  # fmt: skip
    model = forms.CharField(label=_("Model"), max_length=260, widget=named("model"))
    new_status = forms.ModelChoiceField(label=_("Status of the new device"), queryset=ContractStatus.objects.none())
    old_status = forms.ModelChoiceField(label=_("Status of the old device"), queryset=ContractStatus.objects.none())
    comment = forms.CharField(label=_("Why"), max_length=500, required=False)
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, device: ContractDevice, **kwargs: Any) -> None:
        """Suggest the same model and statuses."""
        kwargs["initial"] = {
            "model": str(device.model),
            "new_status": device.status_id,
            "old_status": device.status_id,
            "version": device.version,
            **kwargs.get("initial", {}),
        }
        super().__init__(*args, **kwargs)
        for name in ("new_status", "old_status"):
            choose(self.fields[name], ContractStatus.objects.filter(is_active=True))

    def clean_model(self) -> DeviceModel:
        """Return the model that was named."""
        try:
            values = fields.clean({"model": self.cleaned_data["model"]})
        except fields.FieldsError as error:
            raise forms.ValidationError(str(error)) from error
        return DeviceModel.objects.get(pk=values["model_id"])


class ManyFiles(forms.ClearableFileInput):
    """A file input that takes several."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files; each is checked by itself."""

    widget = ManyFiles

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[bytes]]:
        """Return the files that were chosen."""
        files = data if isinstance(data, (list, tuple)) else [data]
        return [super(FilesField, self).clean(file, initial) for file in files or [None]]


class ImportForm(forms.Form):
    """Files and what holds for their rows."""

    name = forms.CharField(label=_("Name"), max_length=200, required=False, help_text=_("Left empty, the file's."))
    files = FilesField(  # type: ignore[assignment] # the form's class takes its fields out before `files` means anything else
        label=_("Spreadsheets"),
        help_text=_("Excel (.xlsx) or CSV, up to 20 MB each."),
        widget=ManyFiles(attrs={"accept": ".xlsx,.xlsm,.csv", "multiple": True}),
    )
    status = forms.ModelChoiceField(
        label=_("Status"), queryset=ContractStatus.objects.none(), help_text=_("For new devices whose row names none.")
    )
    provider = forms.ModelChoiceField(
        label=_("Service provider"), queryset=ServiceProvider.objects.none(), required=False,
        help_text=_("For new devices whose row names none."),
    )  # fmt: skip
    create_cities = forms.BooleanField(label=_("Make cities that are missing"), required=False, initial=True)
    create_models = forms.BooleanField(label=_("Make manufacturers and models that are missing"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer what can be chosen today."""
        super().__init__(*args, **kwargs)
        choose(self.fields["status"], ContractStatus.objects.filter(is_active=True))
        choose(self.fields["provider"], ServiceProvider.objects.filter(is_active=True))

    def clean_files(self) -> list[UploadedFile[bytes]]:
        """Refuse what is too large before it is read."""
        files: list[UploadedFile[bytes]] = self.cleaned_data["files"]
        for file in files:
            if (file.size or 0) > LIMITS.file_bytes:
                text = _("%(name)s is larger than 20 MB. Split it.")
                raise forms.ValidationError(text, params={"name": clean_text(file.name or "")[:80]})
        return files


class CartridgeImportForm(forms.Form):
    """A file of cartridges and what holds for its rows."""

    file = forms.FileField(
        label=_("Spreadsheet"),
        help_text=_("Excel (.xlsx) or CSV, up to 10 MB and 50,000 rows."),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.xlsm,.csv"}),
    )
    primary = forms.BooleanField(
        label=_("These are the models' usual cartridges"), required=False, help_text=_("Offered first in an order.")
    )
    skip_existing = forms.BooleanField(label=_("Leave known cartridges as they are"), required=False)

    def clean_file(self) -> UploadedFile[bytes]:
        """Refuse what is too large before it is read."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > CARTRIDGE_LIMITS.file_bytes:
            raise forms.ValidationError(_("The file is larger than 10 MB. Split it."))
        return file
