"""The password form beside the provider: throttled, one page for everybody, and the visitor's true address."""

from __future__ import annotations

from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.test import Client, RequestFactory
from django.utils import timezone

from access.client import client_ip
from access.models import EntityChangeLog

pytestmark = pytest.mark.django_db
RIGHT = "a-long-password"


@pytest.fixture(autouse=True)
def account(db: None) -> User:
    return User.objects.create_superuser("root", password=RIGHT)


def attempt(password: str, address: str = "10.0.0.1", username: str = "root", path: str = "/accounts/login/") -> int:
    """Send the form; return the status."""
    answer = Client().post(path, {"username": username, "password": password}, REMOTE_ADDR=address)
    return int(answer.status_code)


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/django-login/"])
def test_guessing_is_stopped_even_when_the_next_guess_is_right(path):
    assert [attempt("wrong", path=path) for _ in range(5)] == [200, 200, 200, 200, 429]
    assert attempt(RIGHT, path=path) == 429


def test_a_name_that_does_not_exist_is_stopped_the_same_way():
    assert [attempt("wrong", username="nobody") for _ in range(5)][-1] == 429


def test_nobody_can_lock_somebody_else_out():
    for _ in range(6):
        attempt("wrong", "10.0.0.66")
    assert attempt(RIGHT, "10.0.0.1") == 302


def test_the_form_opens_again_after_its_time(settings):
    for _ in range(6):
        attempt("wrong")
    AccessAttempt.objects.update(attempt_time=timezone.now() - settings.AXES_COOLOFF_TIME - timedelta(seconds=1))
    assert attempt(RIGHT) == 302


def test_a_right_password_forgets_the_wrong_ones():
    for _ in range(4):
        attempt("wrong")
    assert attempt(RIGHT) == 302
    assert not AccessAttempt.objects.exists()


def test_who_is_stopped_is_told_for_how_long(client):
    for _ in range(5):
        answer = client.post("/accounts/login/", {"username": "root", "password": "wrong"})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "900")
    assert "Try again in 15 minutes" in answer.text


def test_passwords_of_failed_attempts_are_stored_nowhere():
    attempt("my-secret-of-elsewhere")
    row = AccessAttempt.objects.get()
    assert "my-secret-of-elsewhere" not in f"{row.get_data} {row.post_data}"


def test_the_administration_has_no_form_of_its_own(client):
    answer = client.get("/admin/login/?next=/admin/")
    assert (answer.status_code, answer.headers["location"]) == (302, "/accounts/login/?next=/admin/")


def test_signing_in_and_out_is_on_record(client):
    client.post("/accounts/login/", {"username": "root", "password": RIGHT})
    client.post("/accounts/logout/")
    actions = EntityChangeLog.objects.order_by("id").values_list("action", "actor")
    assert list(actions) == [("sign_in", "root"), ("sign_out", "root")]


def test_signing_out_takes_a_post(client):
    assert client.get("/accounts/logout/").status_code == 405


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("10.0.0.1", "6.6.6.6", "10.0.0.1"),
        ("192.0.2.1", "6.6.6.6, 10.0.0.9", "10.0.0.9"),
        ("192.0.2.1", "10.0.0.9, 192.0.2.1", "10.0.0.9"),
        ("192.0.2.1", "", "192.0.2.1"),
        ("192.0.2.1", "nonsense", "192.0.2.1"),
        ("not an address", "", None),
    ],
)
def test_only_a_trusted_proxy_tells_the_address(settings, peer, forwarded, expected):
    settings.TRUSTED_PROXY_IPS = ["192.0.2.1"]
    headers = {"x-forwarded-for": forwarded} if forwarded else {}
    assert client_ip(RequestFactory().get("/", REMOTE_ADDR=peer, headers=headers)) == expected
