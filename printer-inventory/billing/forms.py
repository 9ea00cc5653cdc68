"""The form of a tariff."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.models import Tariff
from billing.models.tariff import CURRENCIES
from billing.rules.clicks import Colour
from billing.rules.money import MINOR_DIGITS
from billing.rules.pricing import MOST_TIERS, Prices, TariffError, Tier, check_tiers
from billing.services.tariffs import TariffFacts, plain, prices_of
from inventory.models import Organization
from inventory.rules.months import parse_month

SPARE_ROWS: Final = 2
LARGEST_TIER: Final = 1_000_000_000
WRONG: Final = {
    "NONE": gettext_lazy("Give at least the price of the first click (0 is a price)."),
    "MANY": gettext_lazy("Ten tiers are the most."),
    "FIRST": gettext_lazy("The first tier begins above 0."),
    "ORDER": gettext_lazy("Each tier has to begin above the one before it."),
    "PRICE": gettext_lazy("A price is between 0 and 100,000 with at most four digits behind the point."),
    "NUMBER": gettext_lazy("Write numbers: above how many clicks, and the price of one."),
}


def _month_input() -> forms.TextInput:
    return forms.TextInput(attrs={"type": "month", "placeholder": "2026-11"})


class TariffForm(forms.Form):
    """Add or edit a tariff; `facts` are ready for `services.tariffs` once it is valid."""

    organization = forms.ModelChoiceField(label=gettext_lazy("Organization"), queryset=Organization.objects.none())
    contract = forms.CharField(label=gettext_lazy("Contract"), max_length=100, required=False)
    valid_from = forms.CharField(label=gettext_lazy("From the month"), widget=_month_input())
    valid_until = forms.CharField(
        label=gettext_lazy("Up to and with the month"), required=False, widget=_month_input(),
        help_text=gettext_lazy("Left empty, it holds until another one begins."),
    )  # fmt: skip
    currency = forms.ChoiceField(label=gettext_lazy("Currency"), choices=CURRENCIES)
    minimum = forms.DecimalField(
        label=gettext_lazy("Minimum per month"), min_value=0, max_digits=12, decimal_places=2, required=False,
        localize=True, help_text=gettext_lazy("What a month costs at least, whatever was printed."),
    )  # fmt: skip
    comment = forms.CharField(
        label=gettext_lazy("Comment"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, tariff: Tariff | None = None, **kwargs: Any) -> None:
        """Show the tariff as it is."""
        self.tariff = tariff
        self.tier_errors: dict[str, str] = {}
        if tariff is not None:
            kwargs["initial"] = {**_shown(tariff), **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        field = self.fields["organization"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - declared as one; tells the type checker
        field.queryset = Organization.objects.filter(active=True).order_by("name")

    def clean_valid_from(self) -> date:
        """Return the month."""
        return _month(self.cleaned_data["valid_from"])

    def clean_valid_until(self) -> date | None:
        """Return the month, or None when it is open."""
        text = self.cleaned_data["valid_until"]
        return _month(text) if text else None

    def clean(self) -> dict[str, Any]:
        """Make prices of the tiers; each error goes to its place."""
        given = self.cleaned_data
        since, until = given.get("valid_from"), given.get("valid_until")
        if since and until and until < since:
            self.add_error("valid_until", _("It ends before it begins."))
        minimum = given.get("minimum") or Decimal(0)
        digits = MINOR_DIGITS.get(given.get("currency", ""), 2)
        if minimum != round(minimum, digits):
            self.add_error("minimum", _("This currency has no smaller coins."))
        tiers = {colour: self._tiers(colour) for colour in Colour}
        if self.tier_errors:
            raise forms.ValidationError(_("Look at the prices."))
        if not self.errors and since:
            prices = Prices(given["currency"], minimum, tiers[Colour.MONO], tiers[Colour.COLOR])
            self.facts = TariffFacts(
                given["organization"].pk, given["contract"].strip(), since, until, prices, given["comment"].strip()
            )
        return given

    def tier_rows(self) -> list[dict[str, Any]]:
        """Return what the table of prices shows: per colour its rows, with what was typed, and the error."""
        words = {Colour.MONO: _("Black-and-white"), Colour.COLOR: _("Colour")}
        return [
            {"colour": one.value, "word": words[one], "rows": self._typed(one), "error": self.tier_errors.get(one, "")}
            for one in Colour
        ]

    def _typed(self, colour: Colour) -> list[tuple[str, str]]:
        if self.is_bound:
            above, prices = (self.data.getlist(f"{colour.value}_{name}") for name in ("above", "price"))  # type: ignore[attr-defined] # a QueryDict
            rows = list(zip(above, prices, strict=False))[: MOST_TIERS + 1]
        elif self.tariff is not None:
            rows = [(str(tier.above), plain(tier.price)) for tier in prices_of(self.tariff).of(colour)]
        else:
            rows = [("0", "")]
        filled = [row for row in rows if any(text.strip() for text in row)] or [("0", "")]
        return filled + [("", "")] * SPARE_ROWS

    def _tiers(self, colour: Colour) -> tuple[Tier, ...]:
        try:
            typed = [row for row in self._typed(colour) if row[1].strip() or row[0].strip() not in ("", "0")]
            return check_tiers([Tier(_whole(above), _price(price)) for above, price in typed])
        except TariffError as error:
            self.tier_errors[colour] = str(WRONG[error.code])
            return ()


def _whole(text: str) -> int:
    digits = "".join(text.split())
    if not (digits.isascii() and digits.isdigit()) or int(digits[:12]) > LARGEST_TIER:
        raise TariffError("NUMBER")
    return int(digits)


def _price(text: str) -> Decimal:
    try:
        return Decimal("".join(text.split()).replace(",", ".")[:30])
    except InvalidOperation as error:
        raise TariffError("NUMBER") from error


def _month(text: str) -> date:
    try:
        return parse_month(text.strip())
    except ValueError as error:
        raise forms.ValidationError(_("Write a month like 2026-11.")) from error


def _shown(tariff: Tariff) -> dict[str, Any]:
    return {
        "organization": tariff.organization_id,
        "contract": tariff.contract,
        "valid_from": f"{tariff.valid_from:%Y-%m}",
        "valid_until": f"{tariff.valid_until:%Y-%m}" if tariff.valid_until else "",
        "currency": tariff.currency,
        "minimum": tariff.minimum,
        "comment": tariff.comment,
        "version": tariff.version,
    }
