"""Whatever the OpenAPI document allows, and much that it does not, never breaks the server, and answers as the document says."""

from __future__ import annotations

import logging
from collections import Counter
from typing import Any

import pytest
import schemathesis
from django.urls import get_resolver
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as bounds
from schemathesis.checks import CHECKS

from art_factory.wsgi import application
from main.models import FactoryMachine, Order, Project
from main.openapi import document
from main.production.foreman import work_once
from main.services.orders import Wish, place

EXAMPLES = 15
QUIET = list(HealthCheck)
ASKED = ("not_a_server_error", "content_type_conformance", "response_schema_conformance")


def test_the_document_names_every_path() -> None:
    routes = {str(one.pattern) for one in get_resolver("main.urls").url_patterns}
    api = {
        "/" + route.replace("<int:pk>", "{id}")
        for route in routes
        if route.startswith("api/") and "openapi" not in route
    }
    assert set(document()["paths"]) == api


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("mode", ["positive", "negative"])
@pytest.mark.django_db(transaction=True)
def test_no_request_breaks_the_api(seeded, mode, caplog) -> None:
    caplog.set_level(logging.CRITICAL, logger="django.request")
    still = FactoryMachine.objects.get(name="builtin/still")
    order = place(Wish(still, "red", parameters={"size": "64x64"}, project=Project.objects.create(name="P")))
    while Order.objects.get(pk=order.pk).state in ("queued", "running"):
        work_once("w")
    schema = schemathesis.openapi.from_dict(document())
    schema.app = application
    checks = [CHECKS.get_one(name) for name in ASKED]
    codes: Counter[int] = Counter()
    for found in schema.get_all_operations():
        operation = found.ok()  # type: ignore[union-attr] # an Err would fail here, and should
        if mode == "negative" and operation.method == "get" and not list(operation.iter_parameters()):
            continue  # there is nothing that could be wrong

        @given(case=operation.as_strategy(generation_mode=schemathesis.GenerationMode(mode)))
        @bounds(
            max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=QUIET
        )
        def ask(case: Any) -> None:
            response = case.call(headers={"Host": "localhost"})
            codes[response.status_code] += 1
            case.validate_response(response, checks=checks if response.status_code < 400 else checks[:1])

        ask()
    assert not [code for code in codes if code >= 500]
    assert sum(codes.values()) > EXAMPLES
    assert codes[200] > 0
