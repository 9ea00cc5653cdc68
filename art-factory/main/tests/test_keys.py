"""Keys: tried before they are kept, sealed, never shown; a database without its key file gives nothing away."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from main.models import Event, Provider
from main.services.connections import can_ask, client_of, connection_of


@pytest.fixture
def keyless(services, settings, tmp_path: Path) -> Path:
    """The stand-ins, but no key in the settings."""
    settings.FAL_KEY = settings.REPLICATE_API_TOKEN = settings.CIVITAI_API_KEY = settings.COMFYUI_URL = ""
    settings.KEY_FILE = str(tmp_path / "secret" / "master.key")
    Path(settings.KEY_FILE).parent.mkdir()
    return Path(settings.KEY_FILE)


def send(client: Client, name: str, **data: str) -> str:
    """Send the wizard's form and return the page that follows."""
    pk = Provider.objects.get(name=name).pk
    return client.post(reverse("main:key_save", args=[pk]), data, follow=True).content.decode()


def test_the_first_run_leads_to_a_working_key(keyless: Path, services, client: Client) -> None:
    assert reverse("main:keys") in client.get("/projects/").content.decode()
    assert not can_ask("fal")
    page = send(client, "fal", key=services.keys["fal"])
    assert "fal.ai knows the key" in page
    assert services.keys["fal"] not in page
    assert "…cret" in page
    provider = Provider.objects.get(name="fal")
    assert services.keys["fal"].encode() not in bytes(provider.key_sealed or b"")
    assert stat.S_IMODE(keyless.stat().st_mode) == 0o600
    assert client_of("fal").test()
    assert "secret" not in repr(connection_of("fal")) + str(list(Event.objects.values_list("payload", "reason")))
    assert "Test call" in page
    test = client.post(reverse("main:key_test", args=[provider.pk]), {"back": "keys"}, follow=True)
    assert "fal.ai knows the key" in test.content.decode()
    assert "is deleted" in send(client, "fal", forget="yes")
    assert not can_ask("fal")


@pytest.mark.parametrize("key", ["wrong:key", "", "two words", "x" * 400, "schlüssel", "a\r\nb: c"])
def test_a_key_that_does_not_work_is_not_kept(keyless: Path, client: Client, key: str) -> None:
    page = send(client, "fal", key=key)
    assert "Nothing was stored" in page or "A key is one word" in page
    assert not Provider.objects.get(name="fal").key_sealed


def test_a_stolen_database_gives_no_key(keyless: Path, services, client: Client) -> None:
    send(client, "replicate", key=services.keys["replicate"])
    assert can_ask("replicate")
    keyless.replace(keyless.with_suffix(".away"))
    assert not can_ask("replicate")
    send(client, "civitai", key=services.keys["civitai"])  # makes another master key
    assert (can_ask("replicate"), can_ask("civitai")) == (False, True)


def test_the_environment_wins(keyless: Path, services, settings, client: Client) -> None:
    send(client, "fal", key=services.keys["fal"])
    settings.FAL_KEY = "another"
    assert connection_of("fal").key == "another"
    assert "FAL_KEY" in client.get(reverse("main:keys")).content.decode()
