"""Setting up the GLPI server."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST
from safehttp import Refused, check_url

from inventory.glpi_server import GlpiError, GlpiServer
from inventory.models import GlpiConnection
from inventory.services import glpi_server


def _secret(label: object, help_text: object = "") -> forms.CharField:
    widget = forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"})
    return forms.CharField(label=str(label), required=False, max_length=300, widget=widget, help_text=str(help_text))


class GlpiForm(forms.ModelForm[GlpiConnection]):
    """Address, tokens, account. What is stored is never shown; another address forgets it."""

    app_token = forms.CharField(required=False)
    user_token = forms.CharField(required=False)
    password = forms.CharField(required=False)

    class Meta:
        model = GlpiConnection
        fields = ["url", "username", "verify_tls", "label_field"]
        help_texts = {
            "url": gettext_lazy("It ends with apirest.php. Give https, or the tokens travel in the clear."),
            "username": gettext_lazy("Only without a user token."),
            "label_field": gettext_lazy(
                "Number of a field of GLPI's plugin Fields, where the serial number is not the one on the sticker."
            ),
        }

    def __init__(self, *args: object, **options: object) -> None:
        """Offer fields for secrets that say whether one is stored."""
        super().__init__(*args, **options)  # type: ignore[arg-type] # handed through unchanged
        labels = {"app_token": _("App token"), "user_token": _("User token"), "password": _("Password")}
        for name, label in labels.items():
            stored = bool(self.instance.pk and getattr(self.instance, name))
            kept = _("One is stored; left empty, it stays as it is. Another address forgets it.")
            self.fields[name] = _secret(label, kept if stored else _("Kept encrypted."))
        self.order_fields(["url", "app_token", "user_token", "username", "password", "verify_tls", "label_field"])

    def clean_url(self) -> str:
        """Refuse an address that would never be asked."""
        url = str(self.cleaned_data["url"]).strip().rstrip("/")
        try:
            policy = GlpiServer(url, **glpi_server.where()).policy()
            check_url(policy, f"{url}/initSession")
        except (Refused, GlpiError) as error:
            raise forms.ValidationError(str(error)) from error
        return url

    def clean(self) -> dict[str, object]:
        """Refuse line breaks in tokens: they are header values."""
        values: dict[str, object] = super().clean() or self.cleaned_data
        for name in glpi_server.SECRETS:
            text = str(values.get(name) or "")
            if not text.isprintable() or (name != "password" and not text.isascii()):
                self.add_error(name, _("Only printable characters, in one line."))
        return values

    def save_as(self, user_id: int | None) -> GlpiConnection:
        """Store it as the one server."""
        row: GlpiConnection = super().save(commit=False)
        moved = "url" in self.changed_data
        for name in glpi_server.SECRETS:
            typed = str(self.cleaned_data.get(name) or "")
            if typed or moved:
                setattr(row, name, typed)
        row.pk, row.updated_by_id = 1, user_id
        row.save()
        return row


@require_http_methods(["GET", "POST"])
@permission_required("inventory.manage_glpi", raise_exception=True)
def connection(request: HttpRequest) -> HttpResponse:
    """Say where the GLPI server is, and try it."""
    row = GlpiConnection.objects.first()
    form = GlpiForm(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        form.save_as(request.user.pk)
        why = glpi_server.attempt()
        if why:
            messages.warning(request, _("Saved, but it does not work yet: %(why)s") % {"why": why})
        else:
            messages.success(request, _("Saved. GLPI let us in."))
        return redirect("inventory:glpi")
    context = {"form": form, "row": row, "by_settings": row is None and glpi_server.is_set_up()}
    return render(request, "inventory/glpi.html", context, status=422 if form.is_bound else 200)


@require_POST
@permission_required("inventory.manage_glpi", raise_exception=True)
def forget(request: HttpRequest) -> HttpResponse:
    """Forget the server and its tokens."""
    GlpiConnection.objects.all().delete()
    messages.success(request, _("The GLPI server and its tokens are forgotten."))
    return redirect("inventory:glpi")
