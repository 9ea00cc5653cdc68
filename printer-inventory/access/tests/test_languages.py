"""English and Russian: who chooses, what is spoken, and how numbers and dates are written."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.db import models
from django.test import Client
from django.utils import translation

from inventory.models import DailyReading
from inventory.tests.factories import make_printer

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("Olga"))
    return client


def test_english_unless_the_browser_or_the_person_says_otherwise(person):
    assert "No printers yet" in person.get("/inventory/").content.decode()
    assert "Принтеров пока нет" in person.get("/inventory/", HTTP_ACCEPT_LANGUAGE="ru-RU,ru;q=0.9").content.decode()
    assert "No printers yet" in person.get("/inventory/", HTTP_ACCEPT_LANGUAGE="de").content.decode()


def test_the_menu_keeps_the_language_in_a_cookie(person):
    page = person.get("/inventory/").content.decode()
    found = re.search(r'<form method="post" action="/language/".*?</form>', page, re.DOTALL)
    assert found
    form = found[0]
    assert 'value="ru" lang="ru"' in form
    assert 'name="next" value="/inventory/"' in form
    assert "Русский" in form
    answer = person.post("/language/", {"language": "ru", "next": "/inventory/"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/inventory/")
    cookie = person.cookies["django_language"]
    assert (cookie.value, cookie["httponly"], cookie["samesite"]) == ("ru", True, "Lax")
    page = person.get("/inventory/").content.decode()
    assert '<html lang="ru"' in page
    assert "Принтеров пока нет" in page
    assert "Инвентаризация принтеров" in page


def test_the_way_back_never_leads_out(person):
    answer = person.post("/language/", {"language": "ru", "next": "https://evil.example/"})
    assert answer.headers["Location"] == "/"


def test_whoever_is_not_signed_in_can_choose_too(client):
    client.post("/language/", {"language": "ru"})
    page = client.get("/accounts/login/").content.decode()
    assert "Имя пользователя" in page
    assert 'class="alone-languages"' in page


def test_numbers_and_dates_are_written_as_the_language_writes_them(person):
    printer = make_printer()
    printer.status.total_pages = 1234567
    printer.status.save()
    assert "1,234,567" in person.get("/inventory/").content.decode()
    person.cookies["django_language"] = "ru"
    assert "1\xa0234\xa0567" in person.get("/inventory/").content.decode()


@pytest.mark.parametrize(
    ("count", "words"), [(1, "1 новый принтер"), (2, "2 новых принтера"), (5, "5 новых принтеров")]
)
def test_plurals_are_russian(count, words):
    with translation.override("ru"):
        text = translation.ngettext("Add %(shown)s new printer", "Add %(shown)s new printers", count) % {"shown": count}
    assert text == f"Добавить {words}"


def test_names_of_fields_are_translated_and_make_no_migration(person):
    field = next(
        one for one in DailyReading._meta.get_fields() if isinstance(one, models.Field) and one.name == "bw_a4"
    )
    with translation.override("ru"):
        assert str(field.verbose_name) == "ч/б A4"
    assert "verbose_name" not in field.deconstruct()[3]


def test_the_administration_and_the_errors_speak_it(person):
    person.cookies["django_language"] = "ru"
    assert "Инвентарь" in person.get("/admin/").content.decode()
    assert "Здесь ничего нет" in person.get("/nothing/").content.decode()
