"""Forms of the inventory."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any, Final

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from access import reach
from inventory.models import Organization, PollingMethod, Printer, SnmpVersion
from inventory.models.encrypted import Secret
from inventory.rules.identity import normal_mac
from inventory.rules.networks import Networks

SHORTEST_V3: Final = 8
V3_PASSWORDS: Final = ("snmp_v3_auth_password", "snmp_v3_priv_password")


def v3_password(label: Any) -> forms.CharField:
    """Return a field for a password of SNMPv3; RFC 3414 11.2 asks for eight characters."""
    widget = forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"})
    return forms.CharField(
        label=label, required=False, min_length=SHORTEST_V3, max_length=200, strip=False, widget=widget
    )


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
    snmp_v3_auth_password = v3_password(_("SNMPv3 authentication password"))
    snmp_v3_priv_password = v3_password(_("SNMPv3 privacy password"))
    web_password_forget = forms.BooleanField(label=_("Forget the stored web password"), required=False)

    class Meta:
        model = Printer
        fields = [
            "ip_address", "snmp_port", "snmp_community", "snmp_version", "snmp_v3_user", "snmp_v3_auth_protocol",
            "snmp_v3_priv_protocol", "web_port", "organization", "serial_number",
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
        spoken = [(one.value, one.label) for one in (SnmpVersion.AUTO, SnmpVersion.V2C, SnmpVersion.V1, SnmpVersion.V3)]
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
        self._offer_v3()
        # A field that a model makes offers what there was when the server started, to everybody.
        client: Any = self.fields["organization"]
        client.queryset = Organization.objects.all()
        client.required = reach.current() is not None
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

    def _offer_v3(self) -> None:
        """Put the fields of SNMPv3 behind the version; what is stored is kept when nothing is typed."""
        self.fields["snmp_v3_user"].help_text = _("Only for SNMP version v3.")
        for name in ("snmp_v3_auth_protocol", "snmp_v3_priv_protocol"):
            self.fields[name].required = False
        for name in V3_PASSWORDS:
            stored = bool(getattr(self.instance, name))
            self.fields[name].help_text = (
                _("One is stored; left empty, it stays as it is. A new address forgets it.")
                if stored
                else _("Kept encrypted. Left empty: none.")
            )
        names = list(self.fields)
        for name in V3_PASSWORDS:
            names.remove(name)
            names.insert(names.index(name.replace("password", "protocol")) + 1, name)
        self.order_fields(names)

    def clean_snmp_v3_auth_protocol(self) -> str:
        """Keep what is stored when a caller leaves it out."""
        return self.cleaned_data.get("snmp_v3_auth_protocol") or self.instance.snmp_v3_auth_protocol

    def clean_snmp_v3_priv_protocol(self) -> str:
        """Keep what is stored when a caller leaves it out."""
        return self.cleaned_data.get("snmp_v3_priv_protocol") or self.instance.snmp_v3_priv_protocol

    def clean(self) -> dict[str, Any]:
        """Refuse a v3 printer that could not be asked."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if values.get("snmp_version") == SnmpVersion.V3:
            if not values.get("snmp_v3_user"):
                self.add_error("snmp_v3_user", _("SNMPv3 needs a user."))
            if self._v3_secret("snmp_v3_priv_password") and not self._v3_secret("snmp_v3_auth_password"):
                self.add_error(
                    "snmp_v3_auth_password", _("SNMPv3 encrypts only what it also signs: type this password too.")
                )
        return values

    def _v3_secret(self, name: str) -> Secret:
        """Return the password as it will be stored. Who may edit a printer may not have it tried at an address of theirs."""
        typed = self.cleaned_data.get(name)
        if typed:
            return Secret.seal(typed)
        moved = self.instance.pk and {"ip_address", "snmp_port"} & set(self.changed_data)
        stored: Secret = getattr(self.instance, name)
        return Secret() if moved else stored

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
        own = ("version", "web_password", "web_password_forget", *V3_PASSWORDS)
        values = {name: value for name, value in self.cleaned_data.items() if name not in own}
        values |= {name: self._v3_secret(name) for name in V3_PASSWORDS}
        typed = self.cleaned_data.get("web_password")
        # Who may edit a printer may not have its password sent to an address of their choice.
        moved = self.instance.pk and {"ip_address", "web_port"} & set(self.changed_data)
        if typed:
            values["web_password"] = Secret.seal(typed)
        elif self.instance.web_password and (moved or self.cleaned_data.get("web_password_forget")):
            values["web_password"] = Secret()
        return values
