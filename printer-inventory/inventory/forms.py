"""Forms of the inventory."""

from __future__ import annotations

from ipaddress import ip_address

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from inventory.models import PollingMethod, Printer, SnmpVersion
from inventory.models.encrypted import Secret
from inventory.rules.identity import normal_mac
from inventory.rules.networks import Networks


class PrinterForm(forms.ModelForm[Printer]):
    """Add or edit a printer. `version` is the one the editor saw."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    web_password = forms.CharField(
        label=_("Web password"),
        required=False,
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"}),
    )
    web_password_forget = forms.BooleanField(label=_("Forget the stored web password"), required=False)

    class Meta:
        model = Printer
        fields = [
            "ip_address", "snmp_port", "snmp_community", "snmp_version", "web_port", "organization", "serial_number",
            "mac_address", "polling_method", "device_model", "hostname", "location", "web_username", "web_verify_tls",
        ]  # fmt: skip
        widgets = {"snmp_community": forms.PasswordInput(render_value=False)}
        help_texts = {
            "ip_address": _("Only addresses in the configured printer networks are asked."),
            "serial_number": _("Left empty, the first answer fills it in."),
            "mac_address": _("Left empty, the first answer fills it in."),
        }

    def __init__(self, *args: object, **kwargs: object) -> None:
        """Leave the stored community out of the page; an empty field keeps it."""
        super().__init__(*args, **kwargs)  # type: ignore[arg-type] # handed through unchanged
        # v3 is not offered while a printer has nowhere to keep its user and passwords.
        spoken = [(one.value, one.label) for one in (SnmpVersion.AUTO, SnmpVersion.V2C, SnmpVersion.V1)]
        self.fields["snmp_version"] = forms.ChoiceField(
            label=_("SNMP version"), choices=spoken, initial=SnmpVersion.AUTO
        )
        self.fields["polling_method"] = forms.ChoiceField(
            label=_("Polling method"),
            required=False,
            choices=[(one.value, one.label) for one in PollingMethod],
            help_text=_(
                "Web pages need rules, taught on the printer's page; the GLPI Agent must be installed on the workers."
            ),
        )
        self.fields["version"].initial = self.instance.version
        community = self.fields["snmp_community"]
        community.required = False
        community.widget.attrs["autocomplete"] = "off"
        community.help_text = _("Left empty, it stays as it is.") if self.instance.pk else _("Left empty: public.")

        password = self.fields["web_password"]
        password.help_text = _("Kept encrypted; sent to this printer alone.")
        if self.instance.web_password:
            password.help_text = _("One is stored; left empty, it stays as it is. A new address or port forgets it.")
        else:
            del self.fields["web_password_forget"]

    def clean_ip_address(self) -> str:
        """Refuse addresses that would never be asked."""
        address = str(self.cleaned_data["ip_address"])
        if not Networks.parse(settings.PRINTER_NETWORKS).allow(address):
            raise forms.ValidationError(
                _("%(address)s lies outside PRINTER_NETWORKS (%(networks)s) and would never be asked."),
                params={"address": ip_address(address), "networks": ", ".join(settings.PRINTER_NETWORKS)},
            )
        return address

    def clean_mac_address(self) -> str:
        """Bring a MAC address into the one form that is stored."""
        text = self.cleaned_data.get("mac_address") or ""
        mac = normal_mac(text)
        if text.strip() and not mac:
            raise forms.ValidationError(_("A MAC address has twelve hexadecimal digits, such as 00:1B:A9:12:34:56."))
        return mac

    def clean_snmp_community(self) -> str:
        """Keep what is stored when nothing was typed."""
        typed = self.cleaned_data.get("snmp_community") or ""
        return typed or self.instance.snmp_community or "public"

    def clean_polling_method(self) -> str:
        """Keep what is stored when a caller leaves it out."""
        return self.cleaned_data.get("polling_method") or self.instance.polling_method

    def values(self) -> dict[str, object]:
        """Return the cleaned fields of the printer, without the version."""
        own = ("version", "web_password", "web_password_forget")
        values = {name: value for name, value in self.cleaned_data.items() if name not in own}
        typed = self.cleaned_data.get("web_password")
        # Who may edit a printer may not have its password sent to an address of their choice.
        moved = self.instance.pk and {"ip_address", "web_port"} & set(self.changed_data)
        if typed:
            values["web_password"] = Secret.seal(typed)
        elif self.instance.web_password and (moved or self.cleaned_data.get("web_password_forget")):
            values["web_password"] = Secret()
        return values
