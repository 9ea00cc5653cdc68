"""Scheduled supplies mails: the run's row, the message and its deliveries are one transaction, so a crash leaves all or none."""

from __future__ import annotations

from datetime import date, datetime

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard.models import SuppliesMail, SuppliesMailRun
from dashboard.rules.schedule import due_on
from dashboard.services import exporting, supplies
from dashboard.services.reports import BY_SLUG
from dashboard.services.scope import Scope
from inventory.services import rollups
from outbox.models import Message
from outbox.services import posting

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def dispatch(now: datetime) -> int:
    """Write every mail that is due and not written for its day; return how many. Any number of workers may do this."""
    written = 0
    for mail in SuppliesMail.objects.filter(is_active=True):
        day = due_on(now, rollups.zone(), mail.weekdays, mail.at)
        if day is not None and not mail.runs.filter(day=day).exists():
            written += _write(mail, day, now)
    return written


def _write(mail: SuppliesMail, day: date, now: datetime) -> bool:
    with transaction.atomic():
        run, is_new = SuppliesMailRun.objects.get_or_create(mail=mail, day=day)
        if not is_new:
            return False
        run.message, run.lines = compose(mail, f"supplies-{mail.pk}-{day}", now)
        run.save(update_fields=["message", "lines"])
    return True


def compose(mail: SuppliesMail, key: str, now: datetime) -> tuple[Message, int]:
    """Write a mail's message, with the order list as a table, as text and as an Excel file; return it and its lines."""
    scope = Scope(now, organization=mail.organization_id, city=mail.city_id)
    lines = supplies.order_list(scope)
    subject = ngettext("%(name)s: %(count)d line to order", "%(name)s: %(count)d lines to order", len(lines)) % {
        "name": mail.name, "count": len(lines),
    }  # fmt: skip
    url = f"{settings.BASE_URL}{reverse('dashboard:report', args=['orders'])}"
    context = {"mail": mail, "lines": lines, "url": url}
    files = (
        [posting.File(f"order-{scope.today}.xlsx", exporting.workbook(BY_SLUG["orders"], scope), XLSX)] if lines else []
    )
    message = posting.post(
        key, "supplies", subject, _text(lines, url), to=posting.addresses(mail.recipients), files=files,
        html=render_to_string("dashboard/mail/supplies.html", context),
    )  # fmt: skip
    return message, len(lines)


def _text(lines: list[supplies.OrderLine], url: str) -> str:
    if not lines:
        return _("No supply is low or empty within two weeks.") + f"\n\n{url}\n"
    rows, site = [], None
    for line in lines:
        here = ", ".join(part for part in (line.organization, line.city, line.address) if part)
        if here != site:
            rows += ["", here]
            site = here
        part = f" ({line.part})" if line.part else ""
        ordered = _(", %(count)d of them ordered") % {"count": line.ordered} if line.ordered else ""
        rows.append(f"  {line.pieces} x {line.cartridge}{part}{ordered}")
    return "\n".join(rows).strip() + f"\n\n{url}\n"
