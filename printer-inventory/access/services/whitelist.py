"""Who of the provider's people may come in, and the account each gets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from access.models import AllowedUser, EntityChangeLog, Identity, OrganizationLimit
from access.rules.claims import Person
from access.services.audit import Actor, record

Action = EntityChangeLog.Action
MOST_WAITING = 10_000


class NotAllowedError(Exception):
    """The person is known to the provider and may not come in here; `state` is waiting, blocked or taken."""

    def __init__(self, state: str) -> None:
        """Keep what stands against it."""
        super().__init__(state)
        self.state = state


class ProtectedAccountError(Exception):
    """Only a superuser may let somebody in as an existing superuser."""


def find(username: str) -> AllowedUser | None:
    """Return the entry of a provider's user name, compared without case."""
    return AllowedUser.objects.filter(username__iexact=username).first()


def listed(username: str) -> Exists:
    """Return the condition that a provider's user name (the path of a field) is on the list, for any query of accounts."""
    return Exists(AllowedUser.objects.filter(username__iexact=OuterRef(username), is_active=True))


def admit(person: Person, actor: Actor) -> User:
    """Return the account of a person who may come in, made or brought up to date; raise NotAllowedError.

    Who is not on the list yet is put there to wait for approval. An account is found by issuer and subject; a local
    account of the same name becomes theirs the first time, and nobody else's after that.
    """
    entry = find(person.username)
    if entry is None or not entry.is_active:
        state = _ask_for_access(person, actor) if entry is None else entry.state
        raise NotAllowedError(state)
    same_name = Identity.objects.filter(issuer=person.issuer, username__iexact=person.username)
    if same_name.exclude(subject=person.subject).exists():
        raise NotAllowedError("taken")
    with transaction.atomic():
        identity = (
            Identity.objects.select_for_update()
            .select_related("user")
            .filter(issuer=person.issuer, subject=person.subject)
            .first()
        )
        user = identity.user if identity else _link(person, entry, actor)
        if identity and identity.username != person.username:
            identity.username = person.username
            identity.save(update_fields=["username"])
        _bring_up_to_date(user, person)
    if not user.is_active:
        raise NotAllowedError("blocked")
    return user


def _link(person: Person, entry: AllowedUser, actor: Actor) -> User:
    """Give a person their account: the local one of that name when it is nobody's yet, or a new one."""
    user = _local_account(person.username)
    made = user is None
    if user is None:
        user = User(username=person.username)
        user.set_unusable_password()
        user.save()
    elif Identity.objects.filter(user=user).exists():
        raise NotAllowedError("taken")
    try:
        with transaction.atomic():
            Identity.objects.create(user=user, issuer=person.issuer, subject=person.subject, username=person.username)
    except IntegrityError as error:  # another request of the same person was first
        raise NotAllowedError("taken") from error
    if not user.groups.exists() and not user.is_superuser:
        user.groups.set(first_groups(entry))
    limit_at_first(user, entry)
    record(actor, Action.CREATE if made else Action.UPDATE, user, {"identity": ("", person.username)})
    return user


def _local_account(username: str) -> User | None:
    exact = User.objects.filter(username=username).first()
    if exact is not None:
        return exact
    others = list(User.objects.filter(username__iexact=username)[:2])
    if len(others) > 1:
        raise NotAllowedError("taken")
    return others[0] if others else None


def first_groups(entry: AllowedUser) -> list[Group]:
    """Return the roles a person starts with: the entry's, or those of ACCESS_DEFAULT_ROLES."""
    return list(entry.initial_groups.all()) or list(Group.objects.filter(name__in=settings.ACCESS_DEFAULT_ROLES))


def limit_at_first(user: User, entry: AllowedUser) -> None:
    """Show an account only the organizations of its entry, if that names any; superusers have no limit."""
    organizations = list(entry.initial_organizations.all())
    if organizations and not user.is_superuser:
        limit, _made = OrganizationLimit.objects.get_or_create(user=user)
        limit.organizations.set(organizations)


def _bring_up_to_date(user: User, person: Person) -> None:
    wanted = {"email": person.email, "first_name": person.given_name, "last_name": person.family_name}
    changed = [name for name, value in wanted.items() if value and getattr(user, name) != value]
    for name in changed:
        setattr(user, name, wanted[name])
    if changed:
        user.save(update_fields=changed)


def _ask_for_access(person: Person, actor: Actor) -> str:
    """Put somebody on the list who waits for approval; return the state they are in."""
    if AllowedUser.objects.filter(is_active=False, decided_at=None).count() >= MOST_WAITING:
        return "waiting"
    values = {"email": person.email, "full_name": person.full_name, "is_active": False, "requested_at": timezone.now()}
    try:
        with transaction.atomic():
            entry = AllowedUser.objects.create(username=person.username, **values)
    except IntegrityError:
        found = find(person.username)
        return found.state if found else "waiting"
    record(actor, Action.CREATE, entry, reason="asked for access by signing in")
    return entry.state


def decide(entry: AllowedUser, actor: Actor, *, allow: bool, groups: Sequence[Group] = ()) -> None:
    """Let a person in or block them; who is blocked loses their sign-ins with the next request."""
    if allow:
        _guard(actor, entry.username)
    before = entry.state
    entry.is_active, entry.decided_at = allow, timezone.now()
    entry.save(update_fields=["is_active", "decided_at"])
    if allow and groups:
        entry.initial_groups.set(groups)
    record(actor, Action.UPDATE if allow else Action.REVOKED, entry, {"state": (before, entry.state)})


def add(username: str, actor: Actor, **values: str) -> tuple[AllowedUser, bool]:
    """Let a user name in, or let it in again; return the entry and whether it is new; raise ProtectedAccountError."""
    _guard(actor, username)
    entry = find(username)
    if entry is None:
        entry = AllowedUser.objects.create(username=username, added_by=actor.name[:150], **values)
        record(actor, Action.CREATE, entry)
        return entry, True
    for name, value in values.items():
        if value:
            setattr(entry, name, value)
    entry.save()
    if not entry.is_active:
        decide(entry, actor, allow=True)
    return entry, False


def _guard(actor: Actor, username: str) -> None:
    """Refuse to hand a superuser's account to a person of the provider, unless a superuser or the console does it."""
    if actor.user is None or actor.user.is_superuser:
        return
    if User.objects.filter(username__iexact=username, is_superuser=True).exists():
        raise ProtectedAccountError(username)


def remove(entry: AllowedUser, actor: Actor) -> None:
    """Take an entry off the list."""
    record(actor, Action.DELETE, entry)
    entry.delete()


def import_accounts(actor: Actor) -> list[AllowedUser]:
    """Put every active account on the list that is not there; return the new entries."""
    known = {name.casefold() for name in AllowedUser.objects.values_list("username", flat=True)}
    missing: Iterable[User] = (
        user
        for user in User.objects.filter(is_active=True).order_by("username")
        if user.username.casefold() not in known
    )
    return [add(user.username, actor, email=user.email, full_name=user.get_full_name())[0] for user in missing]
