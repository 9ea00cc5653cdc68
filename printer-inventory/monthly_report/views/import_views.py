"""The import wizard of a month: upload, look at every row's verdict, apply once, undo."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from sheets import ApplyRefusedError, SheetError, stream_table
from webshell.downloads import download
from webshell.templatetags.webshell import number as shown

from inventory.rules.months import parse_month, previous_month
from inventory.services.saying import said
from inventory.views import wizard
from monthly_report.models import MonthImport
from monthly_report.services import import_sessions
from monthly_report.services.columns import COLUMNS, OUTS
from monthly_report.services.importing import LIMITS
from monthly_report.services.months import end_of, only_visible, this_month
from monthly_report.views.common import editor, visible_month
from monthly_report.views.month_views import XLSX
from monthly_report.views.words import COUNTER_WORDS

LABELS: Final = ("new", "update", "same", "error")
HISTORY: Final = 20
allowed = permission_required("monthly_report.upload_monthly_report", raise_exception=True)


class MonthImportForm(forms.Form):
    """A file, its month, and what holds for the month once the file is in it."""

    file = forms.FileField(
        label=gettext_lazy("Spreadsheet"),
        help_text=gettext_lazy("Excel (.xlsx) or CSV, up to 20 MB and 50,000 rows."),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.xlsm,.csv"}),
    )
    month = forms.CharField(
        label=gettext_lazy("Month"), widget=forms.TextInput(attrs={"type": "month", "placeholder": "2026-11"})
    )
    replace_month = forms.BooleanField(
        label=gettext_lazy("Remove rows of the month that the file lacks"), required=False
    )
    allow_edit = forms.BooleanField(label=gettext_lazy("Open for editing"), required=False, initial=True)
    edit_until = forms.DateTimeField(
        label=gettext_lazy("Until"),
        required=False,
        help_text=gettext_lazy("Left empty: the last second of the month, or a day from now for a month that is over."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    is_published = forms.BooleanField(label=gettext_lazy("Show it to everybody who reads reports"), required=False)

    def clean_file(self) -> UploadedFile[bytes]:
        """Refuse what is too large before it is read."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > LIMITS.file_bytes:
            raise forms.ValidationError(_("The file is larger than 20 MB. Split it."))
        return file

    def clean_month(self) -> date:
        """Read `2026-11`, or any day of it."""
        try:
            return parse_month(str(self.cleaned_data["month"])[: len("2026-11")])
        except ValueError as error:
            raise forms.ValidationError(_("Write the month like 2026-11.")) from error

    def wanted(self) -> import_sessions.Wanted:
        """Return what the form asks for."""
        values = self.cleaned_data
        until = None
        if values["allow_edit"]:
            now, end = timezone.now(), end_of(values["month"])
            until = values["edit_until"] or (end if end > now else now + timedelta(days=1))
        return import_sessions.Wanted(values["month"], values["replace_month"], until, values["is_published"])


@require_http_methods(["GET", "POST"])
@allowed
def start_import(request: HttpRequest) -> HttpResponse:
    """The upload, and the imports made so far."""
    last = previous_month(this_month(timezone.now()))
    form = MonthImportForm(request.POST or None, request.FILES or None, initial={"month": f"{last:%Y-%m}"})
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            return redirect(import_sessions.open_session(file.name, file.read(), form.wanted(), request.user.pk))
        except SheetError as error:
            form.add_error("file", said(error))
    imports = MonthImport.objects.defer("content", "undo").select_related("uploaded_by")
    history = (only_visible(imports, request.user) | imports.filter(uploaded_by=request.user.pk))[:HISTORY]
    context = {"form": form, "history": history, "columns": COLUMNS}
    status = 422 if request.method == "POST" else 200
    return render(request, "monthly_report/imports/start.html", context, status=status)


def _session(request: HttpRequest, pk: int) -> MonthImport:
    """Return an import; of a hidden month only one's own, or to those who manage visibility."""
    session = get_object_or_404(MonthImport.objects.defer("content").select_related("uploaded_by"), pk=pk)
    if session.uploaded_by_id != request.user.pk:
        visible_month(request, session.month)
    return session


@require_GET
@allowed
def show_import(request: HttpRequest, pk: int) -> HttpResponse:
    """The preview with a verdict per row; once applied, what became of it."""
    session = _session(request, pk)
    label = request.GET.get("label", "")
    label = label if label in LABELS else ""
    listed = wizard.page_of_rows(session.rows.order_by("number"), session.counts, label, request.GET.get("page", ""))
    context = {
        "session": session,
        "applicable": sum(session.counts.get(name, 0) for name in ("new", "update", "removed")),
        "errors": session.counts.get("error", 0),
        "can_undo": session.undo is not None and session.undone_at is None,
        **listed,
        "rows": [{**one, "changes": _changes(one["row"])} for one in listed["rows"]],
    }
    return render(request, "monthly_report/imports/preview.html", context)


def _changes(row: Any) -> list[str]:
    """Return what a row would change, in words."""
    titles = {column.key: column.title for column in COLUMNS}
    return [str(COUNTER_WORDS.get(name, titles.get(name, name))) for name in row.values.get("changes", [])]


@require_POST
@allowed
def apply_import(request: HttpRequest, pk: int) -> HttpResponse:
    """Apply a preview; pressed twice, the second press finds it applied."""
    session = _session(request, pk)
    leave_out = request.POST.get("leave_out") == "1"
    try:
        token = request.POST.get("token", "")
        applied = import_sessions.apply_session(pk, token, editor(request), leave_out_errors=leave_out)
    except ApplyRefusedError as error:
        words = {
            "ALREADY_APPLIED": _("This import had been applied already; nothing was done twice."),
            "STALE": _("The month has changed meanwhile, so the rows were judged anew. Look through them again."),
            "WRONG_TOKEN": _("This page was older than the preview. Look through it again."),
            "ERRORS": _("Some rows have errors. Correct the file, or leave these rows out."),
        }
        messages.warning(request, words.get(error.code, str(error)))
    except SheetError as error:
        messages.error(request, str(error))
    else:
        text = _("Rows added: %(created)s, changed: %(updated)s, removed: %(removed)s.") % {
            "created": shown(len(applied.created)),
            "updated": shown(applied.updated),
            "removed": shown(applied.removed),
        }
        undo = reverse("monthly_report:import_undo", args=[pk])
        messages.success(request, text, extra_tags=f"undo:{undo}")
    return redirect(session)


@require_POST
@allowed
def undo_import(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the month back what an import took or changed."""
    session = _session(request, pk)
    try:
        import_sessions.undo_session(pk, editor(request), timezone.now())
    except import_sessions.UndoRefusedError:
        messages.warning(request, _("The month has been worked on since; undoing the import would lose that."))
    else:
        messages.success(request, _("The month is as it was before the import."))
    return redirect(session)


@require_GET
@allowed
def import_template(request: HttpRequest) -> StreamingHttpResponse:
    """An empty table with the columns that are understood."""
    return download(request, stream_table(OUTS, (), sheet="Month"), "month.xlsx", XLSX)
