"""A month by e-mail: written into the outbox before anything is sent, so that a crash sends it once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from django.conf import settings
from django.db.models import Sum
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from inventory.rules.months import previous_month
from monthly_report.models import MonthControl, MonthlyReport
from monthly_report.services.exporting import export_month
from monthly_report.services.listing import rows_of
from monthly_report.services.months import this_month
from outbox.models import Message
from outbox.services.posting import File, addresses, post

KIND: Final = "month"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def mail_month(
    month: date, to: Sequence[str], occasion: str, *, user_id: int | None = None, reply_to: str = "", note: str = ""
) -> Message:
    """Write the mail of a month with its spreadsheet as it stands now; asked twice for one `occasion`, it is one mail.

    Whoever asks has to be allowed to see the month.
    """
    key = f"month-{month:%Y-%m}-{occasion}"
    if known := Message.objects.filter(key=key).first():
        return known
    rows = rows_of(month)
    content = b"".join(export_month(rows, month, "xlsx"))
    pages = MonthlyReport.objects.filter(month=month).aggregate(pages=Sum("total_prints"))["pages"] or 0
    name = date_format(month, "F Y")
    facts = {"month": name, "rows": rows.count(), "pages": pages}
    text = _("The report of %(month)s is attached: %(rows)s rows, %(pages)s pages.") % facts
    return post(
        key,
        KIND,
        _("Monthly report, %(month)s") % facts,
        "\n\n".join(part for part in (text, note.strip()) if part),
        to=to,
        data={"month": f"{month:%Y-%m}", "rows": facts["rows"], "pages": pages},
        files=[File(f"monthly_report_{month:%Y-%m}.xlsx", content, XLSX)],
        reply_to=reply_to,
        user_id=user_id,
    )


def mail_last_month(now: datetime) -> Message | None:
    """Write the mail of the month before to MONTH_REPORT_RECIPIENTS, once it is published and closed; None until then."""
    to = addresses(settings.MONTH_REPORT_RECIPIENTS)
    month = previous_month(this_month(now))
    control = MonthControl.objects.filter(month=month, is_published=True).first()
    if not to or control is None or control.is_open(now) or not MonthlyReport.objects.filter(month=month).exists():
        return None
    with translation.override(settings.LANGUAGE_CODE):
        return mail_month(month, to, "scheduled")
