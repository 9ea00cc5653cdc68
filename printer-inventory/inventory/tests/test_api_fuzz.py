"""The OpenAPI document is believed by machines: whatever it allows, and much that it does not, never breaks the server."""

from __future__ import annotations

import logging
from collections import Counter
from typing import Any

import pytest
import schemathesis
from django.contrib.auth.models import User
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as bounds
from schemathesis.checks import CHECKS

from access.scopes import SCOPES
from access.services import tokens
from inventory.models import JobState, Printer
from inventory.tests.factories import make_organization, make_printer
from printer_inventory.api import api
from printer_inventory.wsgi import application

EXAMPLES = 8
"""Per operation and kind (what the document allows, what it forbids)."""
QUIET = [
    HealthCheck.too_slow,
    HealthCheck.filter_too_much,
    HealthCheck.data_too_large,
    HealthCheck.function_scoped_fixture,
]


@pytest.fixture
def schema(transactional_db: None) -> Any:
    """The document, served by the real application in this process."""
    found = schemathesis.openapi.from_dict(api.get_openapi_schema())
    found.app = application
    return found


@pytest.fixture
def headers(transactional_db: None) -> dict[str, str]:
    """A token that opens everything, over a small fleet whose ids the generator can hit."""
    root = User.objects.create_superuser("root")
    _row, text = tokens.create(root, "fuzz", SCOPES, timezone.now())
    for number in range(1, 4):
        make_printer(pk=number, organization=make_organization(pk=number), hostname=f"host-{number}")
    return {"Authorization": f"Bearer {text}", "Host": "localhost"}


@pytest.mark.slow
@pytest.mark.timeout(280)
@pytest.mark.parametrize("mode", ["positive", "negative"])
def test_no_request_breaks_the_api(schema, headers, mode, caplog):
    caplog.set_level(logging.CRITICAL, logger="django.request")
    codes: Counter[int] = Counter()
    for found in schema.get_all_operations():
        operation = found.ok()

        @given(case=operation.as_strategy(generation_mode=schemathesis.GenerationMode(mode)))
        @bounds(
            max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=QUIET
        )
        def ask(case: Any) -> None:
            response = case.call(headers=headers)
            codes[response.status_code] += 1
            case.validate_response(response, checks=[CHECKS.get_one("not_a_server_error")], headers=headers)

        ask()
    assert sum(codes.values()) > EXAMPLES * 12
    assert not [code for code in codes if code >= 500]
    assert codes[422 if mode == "negative" else 200] > 0
    assert Printer.objects.exists()
    assert set(JobState.values) >= set(Printer.objects.values_list("tasks__state", flat=True)) - {None}
