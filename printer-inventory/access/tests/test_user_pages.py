"""The pages of users, roles, the audit log and tokens by their HTTP face."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from access.models import AllowedUser, ApiToken, EntityChangeLog, Identity, ProviderSession
from access.services import tokens
from access.services.roles import bootstrap_roles

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def admin() -> User:
    bootstrap_roles()
    user = User.objects.create_user("boss")
    user.groups.set(Group.objects.filter(name="User Administrator"))
    return user


@pytest.fixture
def browser(admin: User) -> Client:
    client = Client()
    client.force_login(admin)
    return client


def role(name: str) -> str:
    """Return a role's id as a form sends it."""
    return str(Group.objects.get(name=name).pk)


def test_roles_are_given_and_the_change_is_on_record(browser):
    user = User.objects.create_user("ivan")
    data = {"roles": [role("Inventory Viewer"), role("Contracts Viewer")], "is_active": "on"}
    assert browser.post(f"/users/{user.pk}/", data).status_code == 302
    assert {group.name for group in user.groups.all()} == {"Inventory Viewer", "Contracts Viewer"}
    row = EntityChangeLog.objects.get(action="update")
    assert (row.actor, row.object_repr) == ("boss", "ivan")
    assert row.changes["roles"]["new"] == ["Contracts Viewer", "Inventory Viewer"]
    assert "Contracts Viewer" in browser.get(f"/users/{user.pk}/").text


def test_a_closed_account_is_signed_out(browser):
    user = User.objects.create_user("ivan")
    ProviderSession.objects.create(user=user, id_token="x", refresh_token="y")
    visitor = Client()
    visitor.force_login(user)
    browser.post(f"/users/{user.pk}/", {"roles": []})
    assert ProviderSession.objects.get().ended_at is not None
    assert visitor.get("/tokens/").status_code == 302


def test_nobody_changes_their_own_roles(browser, admin):
    answer = browser.post(f"/users/{admin.pk}/", {"roles": [role("Inventory Admin")], "is_active": "on"})
    assert (answer.status_code, "their own roles" in answer.text) == (422, True)
    assert [group.name for group in admin.groups.all()] == ["User Administrator"]


def test_a_superuser_is_changed_by_superusers_only(browser):
    root = User.objects.create_superuser("root")
    answer = browser.post(f"/users/{root.pk}/", {"roles": []})
    assert (answer.status_code, "Only a superuser" in answer.text) == (422, True)
    root.refresh_from_db()
    assert root.is_active


def test_who_waits_stands_first_and_is_let_in_with_roles(browser):
    AllowedUser.objects.create(username="aaa")
    waiting = AllowedUser.objects.create(username="zzz", is_active=False, requested_at=timezone.now())
    text = browser.get("/users/allowed/").text
    assert text.index("zzz") < text.index("aaa")
    browser.post(f"/users/allowed/{waiting.pk}/decide/", {"allow": "1", "roles": [role("Inventory Operator")]})
    waiting.refresh_from_db()
    assert (waiting.state, [group.name for group in waiting.initial_groups.all()]) == (
        "allowed",
        ["Inventory Operator"],
    )
    browser.get("/users/")  # the toast has been shown
    assert "zzz" not in browser.get("/users/allowed/?state=waiting").text


def test_somebody_is_put_on_the_list_and_blocked(browser):
    data = {"username": "new.one", "full_name": "New One", "email": "n@example.test"}
    assert browser.post("/users/allowed/add/", data).status_code == 302
    entry = AllowedUser.objects.get()
    assert (entry.username, entry.added_by, entry.state) == ("new.one", "boss", "allowed")
    browser.post(f"/users/allowed/{entry.pk}/decide/")
    entry.refresh_from_db()
    assert entry.state == "blocked"
    browser.post(f"/users/allowed/{entry.pk}/remove/")
    assert not AllowedUser.objects.exists()


def test_a_user_administrator_cannot_hand_out_a_superusers_account(browser):
    User.objects.create_superuser("root")
    answer = browser.post("/users/allowed/add/", {"username": "Root"})
    assert (answer.status_code, AllowedUser.objects.exists()) == (422, False)


def test_what_the_provider_says_is_never_markup(browser):
    user = User.objects.create_user("ivan", first_name=HOSTILE)
    Identity.objects.create(user=user, issuer="i", subject="s", username=HOSTILE)
    AllowedUser.objects.create(username=HOSTILE, full_name=HOSTILE, is_active=False, requested_at=timezone.now())
    EntityChangeLog.objects.create(object_repr=HOSTILE, action="update", actor=HOSTILE, user=user, object_id=str(user.pk),
                                   changes={"x": {"old": HOSTILE, "new": HOSTILE, "label": HOSTILE}})  # fmt: skip
    for path in ("/users/", "/users/allowed/", f"/users/{user.pk}/", "/audit/"):
        answer = browser.get(path)
        assert answer.status_code == 200
        assert HOSTILE not in answer.text, path


@pytest.mark.parametrize("path", ["/users/", "/users/allowed/", "/audit/", "/permissions/"])
def test_lists_cost_the_same_for_any_number(browser, path, django_assert_max_num_queries):
    for number in range(30):
        user = User.objects.create_user(f"user{number}")
        user.groups.set(Group.objects.all())
        AllowedUser.objects.create(username=f"person{number}").initial_groups.set(Group.objects.all())
        EntityChangeLog.objects.create(object_repr="x", action="update", actor="a")
    browser.get(path)
    with django_assert_max_num_queries(11):
        assert browser.get(path).status_code == 200


@pytest.mark.parametrize(
    "query", ["?page=99999999999&per_page=x", "?q=%00", "?since=9999-99-99&until=0001-01-01", "?state=zz&action=zz"]
)
@pytest.mark.parametrize("path", ["/users/", "/users/allowed/", "/audit/"])
def test_damaged_filters_do_not_break_a_list(browser, path, query):
    assert browser.get(path + query).status_code == 200


def test_the_audit_log_is_filtered_and_exported(browser):
    EntityChangeLog.objects.create(object_repr="=1+1", action="update", actor="ivan", reason="wanted")
    EntityChangeLog.objects.create(object_repr="other", action="delete", actor="petr")
    text = browser.get("/audit/?action=update").text
    assert ("ivan" in text, "petr" in text) == (True, False)
    answer = browser.get("/audit/export/?action=update&format=csv")
    sheet = b"".join(answer).decode("utf-8-sig")
    assert "'=1+1" in sheet
    assert "petr" not in sheet
    assert b"".join(browser.get("/audit/export/"))[:2] == b"PK"


def test_a_token_is_shown_once_and_revoked(browser, admin):
    data = {"name": "script", "scopes": ["printers:read"], "days": "90"}
    page = browser.post("/tokens/", data).text
    token = ApiToken.objects.get()
    text = page.partition('data-copy="')[2].partition('"')[0]
    assert tokens.authenticate(text, timezone.now()) == token
    assert text not in browser.get("/tokens/").text
    assert text not in str(list(EntityChangeLog.objects.values()))
    browser.post(f"/tokens/{token.pk}/revoke/")
    assert tokens.authenticate(text, timezone.now()) is None


def test_nobody_revokes_anothers_token(browser):
    token, _text = tokens.create(User.objects.create_user("ivan"), "t", ["printers:read"], timezone.now())
    assert browser.post(f"/tokens/{token.pk}/revoke/").status_code == 404
