"""What a person says to search networks and to add what was found."""

from __future__ import annotations

import re
from typing import Any, Final

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from inventory.forms import v3_password
from inventory.models import Organization
from inventory.models.choices import V3Auth, V3Priv
from inventory.polling.snmp.discover import parse_ports
from inventory.polling.space import SpaceError
from inventory.services.discovery import Wish, make_wish
from inventory.services.snmp_v3 import credentials_from

MOST_PORTS: Final = 5
MOST_COMMUNITIES: Final = 5
_BREAKS: Final = re.compile(r"[\s,;]+")


def words(text: str) -> list[str]:
    """Return what stands between blanks, commas, semicolons and line breaks."""
    return [word for word in _BREAKS.split(text) if word]


def active_organizations() -> Any:
    """Return the organizations that printers may be added to."""
    return Organization.objects.filter(active=True)


class DiscoveryForm(forms.Form):
    """Networks and how to ask them; `wish` is what they come to once the form is valid."""

    networks = forms.CharField(
        label=_("Networks"),
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 4, "class": "mono", "spellcheck": "false"}),
        help_text=_(
            "One per line, such as 10.4.0.0/16 or 10.4.7.12. Only addresses in the configured printer networks are asked."
        ),
    )
    organization = forms.ModelChoiceField(
        label=_("Organization"),
        queryset=Organization.objects.none(),
        required=False,
        help_text=_("Offered when found printers are added."),
    )
    ports = forms.CharField(label=_("SNMP ports"), max_length=60, initial="161", required=False)
    communities = forms.CharField(
        label=_("SNMP communities"),
        max_length=500,
        required=False,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "off"}),
        help_text=_("Separated by commas. Left empty: public."),
    )
    pps = forms.IntegerField(
        label=_("Packets per second"), min_value=1, required=False, help_text=_("Fewer for a slow line or a VPN.")
    )
    snmp_v3_user = forms.CharField(
        label=_("SNMPv3 user"),
        max_length=32,
        required=False,
        help_text=_("For printers that speak only SNMPv3; who answers to it is added with it."),
    )
    snmp_v3_auth_protocol = forms.ChoiceField(
        label=_("SNMPv3 authentication"), choices=V3Auth.choices, initial=V3Auth.SHA, required=False
    )
    snmp_v3_auth_password = v3_password(_("SNMPv3 authentication password"))
    snmp_v3_priv_protocol = forms.ChoiceField(
        label=_("SNMPv3 privacy"), choices=V3Priv.choices, initial=V3Priv.AES, required=False
    )
    snmp_v3_priv_password = v3_password(_("SNMPv3 privacy password"))
    wish: Wish

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer today's organizations and the configured cap."""
        super().__init__(*args, **kwargs)
        organizations = self.fields["organization"]
        assert isinstance(organizations, forms.ModelChoiceField)  # noqa: S101 - declared above; tells the type checker
        organizations.queryset = active_organizations()
        self.fields["pps"].initial = settings.DISCOVERY_PPS
        self.fields["pps"].widget.attrs["max"] = settings.DISCOVERY_PPS

    def clean_ports(self) -> tuple[int, ...]:
        """Return the ports, 161 when none is named."""
        texts = words(self.cleaned_data["ports"]) or ["161"]
        if len(texts) > MOST_PORTS:
            raise forms.ValidationError(_("Name at most %(most)s ports."), params={"most": MOST_PORTS})
        try:
            return parse_ports(texts)
        except ValueError:
            raise forms.ValidationError(_("Ports are numbers from 1 to 65535.")) from None

    def clean_communities(self) -> tuple[str, ...]:
        """Return the communities, public when none is named."""
        texts = [text.strip() for text in self.cleaned_data["communities"].split(",") if text.strip()] or ["public"]
        if len(texts) > MOST_COMMUNITIES or any(len(text) > 100 for text in texts):
            raise forms.ValidationError(
                _("Name at most %(most)s communities of at most 100 characters."), params={"most": MOST_COMMUNITIES}
            )
        return tuple(dict.fromkeys(texts))

    def clean(self) -> dict[str, Any]:
        """Put the wish together; say what is wrong with the networks in the networks' field."""
        values: dict[str, Any] = super().clean() or {}
        if self.errors:
            return values
        try:
            v3 = credentials_from(values)
        except ValueError:
            self.add_error(
                "snmp_v3_auth_password", _("SNMPv3 encrypts only what it also signs: type this password too.")
            )
            return values
        try:
            self.wish = make_wish(
                words(values["networks"]),
                values["ports"],
                values["communities"],
                values["pps"],
                values["organization"],
                v3,
            )
        except SpaceError as error:
            self.add_error("networks", str(error))
        return values


class AddForm(forms.Form):
    """To which organization found printers are added, and which: `ids`, or all new ones."""

    organization = forms.ModelChoiceField(label=_("Organization"), queryset=Organization.objects.none(), required=False)
    scope = forms.CharField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer today's organizations."""
        super().__init__(*args, **kwargs)
        organizations = self.fields["organization"]
        assert isinstance(organizations, forms.ModelChoiceField)  # noqa: S101 - declared above; tells the type checker
        organizations.queryset = active_organizations()
