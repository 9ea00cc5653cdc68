"""The fleet list's rows as HTML: the dearest part of the busiest page, so it is drawn by Jinja2."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from webshell.templatetags.webshell import icon

from inventory.models import Printer
from inventory.services.saying import said
from inventory.templatetags.inventory import printer_state
from inventory.views.columns import COLUMNS


def printer_rows(request: HttpRequest, printers: Iterable[Printer]) -> SafeString:
    """Return the table rows of printers loaded by `fleet.with_facts`, as this user may see them."""
    word = _("Poll now")
    context = {
        "printers": printers,
        "labels": {column.key: str(column.label) for column in COLUMNS},
        "detail_url": reverse("inventory:printer_list"),
        "may_poll": request.user.has_perm("inventory.run_inventory"),
        "select_word": _("Select"),
        "poll_word": word,
        "poll_icon": icon("arrow-repeat", word),
        "printer_state": printer_state,
        "said": said,
    }
    # Safe: Jinja2 has escaped every value; Django's Jinja2 backend does not say so.
    return SafeString(render_to_string("inventory/printer_rows.html", context, using="jinja2"))
