"""Forms of alert rules, webhooks and scheduled mails."""

from __future__ import annotations

import secrets
from typing import Any, ClassVar, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from dashboard.models import AlertRule, SuppliesMail
from dashboard.models.supplies import WEEKDAYS
from outbox.models import Webhook
from outbox.services import calling, posting

SEVERAL: Final = _("Several addresses with a comma between them.")


class RuleForm(forms.ModelForm[AlertRule]):
    """An alert rule; somebody has to be told."""

    class Meta:
        model = AlertRule
        fields: ClassVar = [
            "name", "kind", "threshold", "organization", "city", "recipients", "webhooks", "tell_recovery", "is_active",
        ]  # fmt: skip
        help_texts: ClassVar = {"recipients": SEVERAL}
        widgets: ClassVar = {
            "recipients": forms.Textarea(attrs={"rows": 2}),
            "webhooks": forms.SelectMultiple(attrs={"size": 4}),
        }

    def clean_recipients(self) -> str:
        """Return the addresses, one spelling each."""
        return ", ".join(posting.addresses(self.cleaned_data["recipients"]))

    def clean(self) -> dict[str, Any]:
        """Refuse a rule that tells nobody, and per cent above 100."""
        values = super().clean() or self.cleaned_data
        if not values.get("recipients") and not values.get("webhooks") and "recipients" not in self.errors:
            self.add_error("recipients", _("Write an e-mail address or choose a webhook, so that somebody is told."))
        if values.get("kind") == "low" and (values.get("threshold") or 0) > 99:
            self.add_error("threshold", _("A level is at most 99 %."))
        return values


class MailForm(forms.ModelForm[SuppliesMail]):
    """A scheduled supplies mail."""

    weekdays = forms.MultipleChoiceField(
        label=_("Weekdays"),
        choices=[(str(number), name) for number, name in enumerate(WEEKDAYS)],
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
    )

    class Meta:
        model = SuppliesMail
        fields: ClassVar = ["name", "organization", "city", "recipients", "weekdays", "at", "is_active"]
        help_texts: ClassVar = {"recipients": SEVERAL}
        widgets: ClassVar = {
            "recipients": forms.Textarea(attrs={"rows": 2}), "at": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        }  # fmt: skip

    def __init__(self, *args: Any, **options: Any) -> None:
        """Tick the days of a mail that is there."""
        super().__init__(*args, **options)
        self.initial["weekdays"] = list(self.instance.weekdays)

    def clean_recipients(self) -> str:
        """Return the addresses, at least one."""
        found = posting.addresses(self.cleaned_data["recipients"])
        if not found:
            raise forms.ValidationError(_("Write at least one e-mail address."))
        return ", ".join(found)

    def clean_weekdays(self) -> str:
        """Return the days as digits."""
        return "".join(sorted(self.cleaned_data["weekdays"]))


class WebhookForm(forms.ModelForm[Webhook]):
    """A webhook: its URL is judged when it is typed and again at every call. Left empty, URL and secret stay as they are."""

    address = forms.CharField(
        label=_("URL"),
        max_length=2000,
        help_text=_("https://…, on the public internet."),
        error_messages={"required": _("Write the URL that is to be told.")},
    )
    signing = forms.CharField(
        label=_("Signing secret"), max_length=200, required=False,
        help_text=_("Empty: one is made. The receiver checks X-Printer-Inventory-Signature with it."),
    )  # fmt: skip
    made_secret = ""

    class Meta:
        model = Webhook
        fields: ClassVar = ["name", "is_active"]

    def __init__(self, *args: Any, **options: Any) -> None:
        """Ask for the URL of a webhook that is not there yet."""
        super().__init__(*args, **options)
        self.fields["address"].required = self.instance.pk is None

    def clean_address(self) -> str:
        """Return the URL if it may be told."""
        url: str = self.cleaned_data["address"].strip()
        if url:
            try:
                self.instance.origin = calling.judge(url)
            except ValueError as error:
                raise forms.ValidationError(
                    _("This address may not be told: %(why)s"), params={"why": str(error)}
                ) from error
        return url

    def save(self, commit: bool = True) -> Webhook:
        """Seal the URL and the secret; `made_secret` is a new one, to be shown once."""
        if self.cleaned_data["address"]:
            self.instance.url = self.cleaned_data["address"]
        secret = self.cleaned_data["signing"]
        if not secret and not self.instance.secret:
            secret = self.made_secret = secrets.token_urlsafe(32)
        if secret:
            self.instance.secret = secret
        return super().save(commit)
