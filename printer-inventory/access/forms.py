"""Forms of the pages of users and tokens."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.apps import apps
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _

from access.models import AllowedUser
from access.scopes import SCOPES


class AllowedUserForm(forms.ModelForm[AllowedUser]):
    """Somebody who may come in through the provider."""

    class Meta:
        model = AllowedUser
        fields: ClassVar = ["username", "full_name", "email", "initial_groups", "initial_organizations", "notes"]
        widgets: ClassVar = {
            "initial_groups": forms.CheckboxSelectMultiple,
            "initial_organizations": forms.SelectMultiple(attrs={"size": 6}),
            "notes": forms.Textarea(attrs={"rows": 2}),
        }


class AccountForm(forms.Form):
    """Roles of an account, and whether it is open."""

    roles = forms.ModelMultipleChoiceField(
        Group.objects.order_by("name"), label=_("Roles"), required=False, widget=forms.CheckboxSelectMultiple
    )
    is_active = forms.BooleanField(label=_("May sign in"), required=False)
    is_limited = forms.BooleanField(label=_("Sees only some organizations"), required=False)
    organizations = forms.ModelMultipleChoiceField(
        Group.objects.none(),
        label=_("These organizations"),
        required=False,
        help_text=_("None: they see nothing of any client. Several: hold Ctrl."),
        widget=forms.SelectMultiple(attrs={"size": 8}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the organizations there are now."""
        super().__init__(*args, **kwargs)
        field: Any = self.fields["organizations"]
        field.queryset = apps.get_model("inventory", "Organization").objects.order_by("name")


class TokenForm(forms.Form):
    """A new API token."""

    name = forms.CharField(label=_("Name"), max_length=100, help_text=_("What it is for, so that you know it again."))
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"), choices=lambda: list(SCOPES.items()), widget=forms.CheckboxSelectMultiple
    )
    days = forms.TypedChoiceField(
        label=_("Works for"),
        coerce=int,
        choices=[(30, _("30 days")), (90, _("90 days")), (365, _("a year")), (0, _("until it is revoked"))],
        initial=90,
    )
