"""The contractor's own spreadsheet: uploaded empty, sent back filled."""

from __future__ import annotations

from typing import Final

from django import forms
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods
from sheets import SheetError
from webshell.downloads import download
from webshell.problems import problem, wants_json

from inventory.models import Organization
from inventory.rules.amb import TemplateError
from inventory.services.amb import fill_template
from inventory.views.discovery_forms import active_organizations
from inventory.views.export_views import TYPES

WRONG: Final = {
    "NO_HEADER": gettext_lazy("None of the first ten rows has a cell “Серийный номер оборудования”."),
    "NO_COLUMNS": gettext_lazy("Columns for these counters at the end of the period are missing: %(missing)s."),
}
COUNTERS: Final = {
    "bw_a4": gettext_lazy("A4 black-and-white"),
    "color_a4": gettext_lazy("A4 colour"),
    "bw_a3": gettext_lazy("A3 black-and-white"),
    "color_a3": gettext_lazy("A3 colour"),
}


class TemplateForm(forms.Form):
    """The empty spreadsheet, and whose printers fill it."""

    file = forms.FileField(
        label=gettext_lazy("Template"),
        help_text=gettext_lazy(
            "The contractor's Excel file (.xlsx), up to 8 MB; it comes back with the counters filled in."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.xlsm"}),
    )
    organization = forms.ModelChoiceField(
        label=gettext_lazy("Organization"), queryset=Organization.objects.none(), required=False,
        help_text=gettext_lazy("Left empty, every printer is looked at."),
    )  # fmt: skip

    def __init__(self, *args: object, **kwargs: object) -> None:
        """Offer today's organizations."""
        super().__init__(*args, **kwargs)  # type: ignore[arg-type] # handed on as they came
        field = self.fields["organization"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - declared as one; tells the type checker
        field.queryset = active_organizations()


@require_http_methods(["GET", "POST"])
@permission_required("inventory.export_amb_report", raise_exception=True)
def export_amb(request: HttpRequest, organization: int | None = None) -> HttpResponse:
    """Take a template and send it back filled; 400 with what to do for one that cannot be."""
    if organization is not None:
        get_object_or_404(Organization, pk=organization)
    form = TemplateForm(request.POST or None, request.FILES or None, initial={"organization": organization})
    error = ""
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data["organization"]
        try:
            zone = timezone.get_current_timezone()
            filled = fill_template(form.cleaned_data["file"], zone, chosen.pk if chosen else organization)
        except TemplateError as refused:
            missing = ", ".join(str(COUNTERS[one]) for one in refused.missing)
            error = str(WRONG[refused.code]) % {"missing": missing}
        except SheetError as refused:
            error = str(refused)
        except Exception:  # noqa: BLE001 - openpyxl raises whatever a strange workbook makes it; the file is at fault, not we
            error = _("This workbook cannot be opened. Save it again in Excel as .xlsx and try once more.")
        else:
            answer = download(request, [filled.content], "amb_report.xlsx", TYPES["xlsx"], size=len(filled.content))
            answer["X-Rows-Filled"] = str(filled.rows)
            return answer  # type: ignore[return-value] # a streaming answer is one
        if wants_json(request):
            return problem(request, 400, _("This template cannot be filled"), error)
    status = 400 if error or form.errors else 200
    return render(request, "inventory/amb.html", {"form": form, "error": error}, status=status)
