"""The import wizard for printers: upload, look at every row's verdict, apply once."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from sheets import ApplyRefusedError, SheetError
from webshell.templatetags.webshell import number as shown

from inventory.models import Organization, PrinterImport
from inventory.rules.printer_rows import LABELS
from inventory.services import import_sessions
from inventory.services.importing_sheets import COLUMNS, LIMITS
from inventory.services.printers import AddressTakenError
from inventory.services.saying import said
from inventory.views import wizard
from inventory.views.discovery_forms import active_organizations

HISTORY: Final = 20
allowed = permission_required("inventory.add_printer", raise_exception=True)


class ImportForm(forms.Form):
    """A file and what holds for its rows that do not say it themselves."""

    file = forms.FileField(
        label=gettext_lazy("Spreadsheet"),
        help_text=gettext_lazy("Excel (.xlsx) or CSV, up to 10 MB and 20,000 rows."),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.xlsm,.csv"}),
    )
    organization = forms.ModelChoiceField(
        label=gettext_lazy("Organization"),
        queryset=Organization.objects.none(),
        required=False,
        help_text=gettext_lazy("For new printers whose row names none."),
    )
    community = forms.CharField(
        label=gettext_lazy("SNMP community"),
        max_length=100,
        required=False,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("For new printers whose row names none. Left empty: public."),
    )
    create_models = forms.BooleanField(label=gettext_lazy("Make models that the catalogue lacks"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer today's organizations."""
        super().__init__(*args, **kwargs)
        organizations = self.fields["organization"]
        assert isinstance(organizations, forms.ModelChoiceField)  # noqa: S101 - declared above; tells the type checker
        organizations.queryset = active_organizations()

    def clean_file(self) -> UploadedFile[bytes]:
        """Refuse what is too large before it is read."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > LIMITS.file_bytes:
            raise forms.ValidationError(_("The file is larger than 10 MB. Split it."))
        return file


@require_http_methods(["GET", "POST"])
@allowed
def start_import(request: HttpRequest) -> HttpResponse:
    """The upload, and the imports made so far."""
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            session = import_sessions.open_session(
                values["file"].name,
                values["file"].read(),
                values["organization"],
                values["community"] or "public",
                request.user.pk,
                create_models=values["create_models"],
            )
            return redirect(session)
        except SheetError as error:
            form.add_error("file", said(error))
    history = PrinterImport.objects.defer("content", "community").select_related("uploaded_by")[:HISTORY]
    context = {"form": form, "history": history, "columns": COLUMNS}
    return render(request, "inventory/imports/start.html", context, status=422 if request.method == "POST" else 200)


@require_GET
@allowed
def show_import(request: HttpRequest, pk: int) -> HttpResponse:
    """The preview with a verdict per row; once applied, what became of it."""
    sessions = PrinterImport.objects.defer("content", "community").select_related("uploaded_by", "organization")
    session = get_object_or_404(sessions, pk=pk)
    label = request.GET.get("label", "")
    label = label if label in LABELS else ""
    context = {
        "session": session,
        "applicable": session.counts.get("new", 0) + session.counts.get("update", 0),
        "left_out": sum(session.counts.get(name, 0) for name in ("conflict", "dup_in_file", "error")),
        **wizard.page_of_rows(session.rows.order_by("number"), session.counts, label, request.GET.get("page", "")),
    }
    return render(request, "inventory/imports/preview.html", context)


@require_POST
@allowed
def apply_import(request: HttpRequest, pk: int) -> HttpResponse:
    """Apply a preview; pressed twice, the second press finds it applied."""
    session = get_object_or_404(PrinterImport.objects.defer("content", "community"), pk=pk)
    try:
        applied = import_sessions.apply_session(pk, request.POST.get("token", ""), request.user.pk)
    except ApplyRefusedError as error:
        words = {
            "ALREADY_APPLIED": _("This import had been applied already; nothing was done twice."),
            "STALE": _("The fleet has changed meanwhile, so the rows were judged anew. Look through them again."),
            "WRONG_TOKEN": _("This page was older than the preview. Look through it again."),
        }
        messages.warning(request, words.get(error.code, str(error)))
    except (AddressTakenError, SheetError) as error:
        messages.error(request, str(error))
    else:
        text = _("Printers added: %(created)s, changed: %(updated)s.")
        messages.success(request, text % {"created": shown(applied.created), "updated": shown(applied.updated)})
    return redirect(session)


@require_GET
@allowed
def import_report(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """The rows with their verdicts as a spreadsheet (`format=csv` for CSV), to correct the file by."""
    session = get_object_or_404(PrinterImport.objects.defer("content", "community"), pk=pk)
    kept = [column for column in COLUMNS if column.key != "community"]
    rows = session.rows.order_by("number").iterator(chunk_size=2000)
    return wizard.report(request, rows, kept, f"import-{pk}")


@require_GET
@allowed
def import_template(request: HttpRequest) -> StreamingHttpResponse:
    """An empty table with the columns that are understood."""
    return wizard.empty_table(request, COLUMNS, "printers.xlsx")
