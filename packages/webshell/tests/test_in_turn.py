"""`manage.py in_turn`: several commands in one process."""

from __future__ import annotations

import io

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command

pytestmark = pytest.mark.django_db


def test_commands_run_in_turn_with_their_arguments() -> None:
    said = io.StringIO()
    call_command(
        "in_turn",
        "createsuperuser --noinput --username 'ann' --email ann@example.org",
        "check",
        stdout=said,
    )
    assert get_user_model().objects.get().get_username() == "ann"
    assert [line.split(" done after ")[0] for line in said.getvalue().splitlines()] == ["createsuperuser", "check"]


@pytest.mark.parametrize("wrong", ["no_such_command", "check 'half", ""])
def test_nothing_runs_when_one_of_them_cannot(wrong: str) -> None:
    with pytest.raises(CommandError):
        call_command("in_turn", "createsuperuser --noinput --username ann --email a@example.org", wrong)
    assert not get_user_model().objects.exists()


def test_the_first_that_fails_ends_it() -> None:
    line = "createsuperuser --noinput --username ann --email a@example.org"
    with pytest.raises(CommandError):
        call_command("in_turn", line, line, "createsuperuser --noinput --username ben --email b@example.org")
    assert [user.get_username() for user in get_user_model().objects.all()] == ["ann"]
