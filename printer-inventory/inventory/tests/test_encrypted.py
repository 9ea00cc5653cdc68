"""Secrets at rest: ciphertext in the database, nothing to read anywhere else, keys that can be changed."""

from __future__ import annotations

import copy
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core import serializers
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.core.management import call_command
from django.db import connection, models
from django.forms import modelform_factory
from django.test.utils import isolate_apps

from inventory.models.encrypted import HIDDEN, EncryptedField, Secret, UndecryptableError
from inventory.services import secrets

WORD = "Öffne-dich 42"


@pytest.fixture
def vault(db: None) -> Iterator[Any]:
    """A table with one encrypted column, known to this test alone."""
    with isolate_apps("inventory"):

        class Vault(models.Model):  # noqa: DJ008 - never shown
            name = models.CharField(max_length=10)
            word = EncryptedField()

            class Meta:
                app_label = "inventory"

    with connection.schema_editor() as editor:
        editor.create_model(Vault)
    yield Vault
    with connection.schema_editor() as editor:
        editor.delete_model(Vault)


def stored() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT word FROM inventory_vault ORDER BY id")
        return [row[0] for row in cursor.fetchall()]


def test_the_database_holds_ciphertext_and_the_row_gives_the_text_back(vault):
    vault.objects.create(name="one", word=WORD)
    vault.objects.create(name="two", word=WORD)
    one, two = stored()
    assert WORD not in one
    assert one != two
    assert vault.objects.get(name="one").word.reveal() == WORD
    vault.objects.filter(name="one").update(word="other")
    assert vault.objects.get(name="one").word.reveal() == "other"
    assert "other" not in stored()[0]


def test_a_secret_shows_itself_to_nobody(vault):
    row = vault(name="one", word=WORD)
    texts = [str(row.word), repr(row.word), f"{row.word}", repr(row.__dict__)]
    assert all(WORD not in text for text in texts)
    assert str(row.word) == HIDDEN
    with pytest.raises(TypeError):
        json.dumps(row.word)
    assert copy.deepcopy(row.word) == row.word
    assert list(modelform_factory(vault, fields="__all__")().fields) == ["name"]


def test_an_empty_secret_needs_no_key_and_can_be_searched(vault, settings):
    settings.FIELD_ENCRYPTION_KEYS = []
    vault.objects.create(name="none")
    assert stored() == [""]
    assert not vault.objects.get(word="").word
    assert vault.objects.get().word.reveal() == ""
    with pytest.raises(FieldError):
        vault.objects.filter(word__contains="a").exists()


def test_a_dump_holds_ciphertext_and_comes_back(vault):
    vault.objects.create(name="one", word=WORD)
    dump = serializers.serialize("json", vault.objects.all())
    assert WORD not in json.loads(dump)[0]["fields"]["word"]
    value = vault._meta.get_field("word").to_python(json.loads(dump)[0]["fields"]["word"])
    assert value.reveal() == WORD


def test_keys_can_be_changed_without_losing_a_secret(vault, settings):
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.FIELD_ENCRYPTION_KEYS = [old]
    vault.objects.create(name="one", word=WORD)
    settings.FIELD_ENCRYPTION_KEYS = [new, old]
    assert secrets.rotate([vault]) == {"inventory.Vault.word": (1, 0)}
    settings.FIELD_ENCRYPTION_KEYS = [new]
    assert vault.objects.get().word.reveal() == WORD
    settings.FIELD_ENCRYPTION_KEYS = [old]
    with pytest.raises(UndecryptableError):
        vault.objects.get().word.reveal()
    assert secrets.rotate([vault]) == {"inventory.Vault.word": (0, 1)}
    settings.FIELD_ENCRYPTION_KEYS = [new]
    assert vault.objects.get().word.reveal() == WORD


def test_a_server_without_keys_stores_no_password(settings):
    settings.FIELD_ENCRYPTION_KEYS = []
    with pytest.raises(ImproperlyConfigured, match="FIELD_ENCRYPTION_KEYS"):
        Secret.seal(WORD)
    settings.FIELD_ENCRYPTION_KEYS = ["not a key"]
    with pytest.raises(ImproperlyConfigured, match="no key"):
        Secret.seal(WORD)
    settings.FIELD_ENCRYPTION_KEYS, settings.DEBUG = [], True
    assert Secret.seal(WORD).reveal() == WORD


def test_the_command_makes_a_key_that_fits(settings):
    out = io.StringIO()
    call_command("rotate_field_keys", "--new-key", stdout=out)
    settings.FIELD_ENCRYPTION_KEYS = [out.getvalue().strip()]
    assert Secret.seal(WORD).reveal() == WORD
