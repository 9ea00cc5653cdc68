"""Every address of the site as every role: who is let in, and that nobody else is.

The addresses come from the URL resolver, so a new one without a line in `permission_matrix.toml` fails here.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Final

import pytest
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.test import Client
from webshell import errors

from access.middleware import APP_ACCESS_RULES
from access.roles import ROLES
from access.services.roles import bootstrap_roles
from access.tests.routes import Route, routes

pytestmark = pytest.mark.django_db

MATRIX: Final = Path(__file__).with_name("permission_matrix.toml")
NOBODY: Final = "nobody signed in"
NO_ROLE: Final = "an account without a role"
SUPERUSER: Final = "a superuser"
VISITORS: Final = (NOBODY, NO_ROLE, *ROLES, SUPERUSER)
QUICK: Final = (NOBODY, NO_ROLE, "Inventory Viewer", "MonthlyReport Managers", SUPERUSER)
"""Asked in every run; each visitor asks some 250 addresses, so the other roles do in the slow one."""
HOW: Final = """
Add a line to printer-inventory/access/tests/permission_matrix.toml under the application's table, for example
    "{key}" = "GET inventory.view_printer"
(the words are explained at the top of that file), and see that the view asks for it before it looks anything up."""


def matrix() -> dict[str, list[str]]:
    """Return the lines of the file by route."""
    tables = tomllib.loads(MATRIX.read_text(encoding="utf-8"))
    rows = {key: value for table in tables.values() for key, value in table.items()}
    return {key: [value] if isinstance(value, str) else value for key, value in rows.items()}


def test_every_address_has_a_line():
    missing = sorted({route.key for route in routes()} - matrix().keys())
    assert not missing, f"Without a line in the permission matrix: {', '.join(missing)}" + HOW.format(key=missing[0])


def test_every_line_has_an_address():
    gone = sorted(matrix().keys() - {route.key for route in routes()})
    assert not gone, f"Lines of the permission matrix that no route has any more: {', '.join(gone)}. Delete them."


def signed_in(visitor: str) -> tuple[Client, User | None]:
    """Return a browser of somebody with that role."""
    client = Client(raise_request_exception=False)
    if visitor == NOBODY:
        return client, None
    user = User.objects.create_user("somebody", is_superuser=visitor == SUPERUSER, is_staff=visitor == SUPERUSER)
    user.groups.set(Group.objects.filter(name=visitor))
    client.force_login(user)
    return client, user


def may(user: User | None, route: Route, need: str) -> bool:
    """Tell whether somebody has what a line asks for, and the permission that opens the application."""
    if need == "open":
        return True
    if user is None or need == "token":
        return False
    opens = APP_ACCESS_RULES.get(route.key.partition(":")[0].partition("/")[0])
    if opens and not user.has_perm(opens):
        return False
    if need == "staff":
        return user.is_staff
    return need == "signed-in" or user.has_perms(need.split("+"))


def let_in(answer: HttpResponseBase) -> bool:
    """Tell whether an answer is more than a refusal: 401, 403 or the way to the login page."""
    location = answer.headers.get("location", "")
    return answer.status_code not in (401, 403) and not location.startswith(("/accounts/login/", "/admin/login/"))


@pytest.fixture
def drawn_once(monkeypatch: Any) -> None:
    """Draw each kind of error page once: what a visitor's hundreds of refusals say is not asked here, only their status."""
    drawn: set[tuple[int, str]] = set()
    draw = errors.error

    def error(
        request: HttpRequest, status: int, title: str, detail: str, template: str = errors.FRAMED
    ) -> HttpResponse:
        if (status, template) in drawn:
            return HttpResponse(status=status)
        drawn.add((status, template))
        return draw(request, status, title, detail, template)

    monkeypatch.setattr(errors, "error", error)


@pytest.mark.usefixtures("drawn_once")
@pytest.mark.parametrize(
    "visitor", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in VISITORS]
)
def test_who_is_let_in(visitor):
    bootstrap_roles()
    client, user = signed_in(visitor)
    lines, wrong, cookies = matrix(), [], {name: one.value for name, one in client.cookies.items()}
    for route in routes():
        for line in lines.get(route.key, ()):
            method, need, *rest = line.split()
            path = rest[0] if rest else route.path
            client.cookies.load(cookies)  # signing out is one of the addresses
            with transaction.atomic():
                answer = client.generic(method, path, headers={"accept": "text/html"})
                transaction.set_rollback(True)
            expected = may(user, route, need)
            if need == "open":
                fine = answer.status_code < 500 and answer.status_code != 401
            else:
                fine = answer.status_code < 500 and answer.status_code != 405 and let_in(answer) is expected
            if not fine:
                wrong.append(f"{line.split()[0]} {path} ({route.key}): {answer.status_code}, expected {expected}")
    assert not wrong, f"As {visitor}:\n" + "\n".join(wrong)
