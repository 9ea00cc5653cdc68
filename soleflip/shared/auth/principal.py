"""Who asks, and what they may do: role and scopes as plain rules."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from shared.database.words import UserRole
from shared.error_handling.exceptions import ForbiddenException, ResourceNotFoundException
from shared.translation import Word, phrase
from shared.translation import gettext_noop as _


class Need(StrEnum):
    """What a route needs: to look, to change the shop's data, or to run the shop."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


ROLE_MAY = {
    UserRole.READONLY: frozenset({Need.READ}),
    UserRole.USER: frozenset({Need.READ, Need.WRITE}),
    UserRole.ADMIN: frozenset(Need),
}


@dataclass(frozen=True, slots=True)
class Principal:
    """A signed-in person or their program."""

    user_id: uuid.UUID
    username: str
    role: UserRole
    via: str = "token"
    scopes: frozenset[Need] = field(default_factory=lambda: frozenset(Need))
    jti: uuid.UUID | None = None
    expires_at: datetime | None = None
    must_change_password: bool = False
    language: str = "auto"
    time_zone: str = "Europe/Berlin"

    @property
    def is_admin(self) -> bool:
        """Say whether everything is allowed."""
        return self.role is UserRole.ADMIN

    def may(self, need: Need) -> bool:
        """Say whether role and scopes both allow something."""
        return need in ROLE_MAY[self.role] and need in self.scopes

    def require(self, need: Need) -> None:
        """Raise ForbiddenException unless allowed."""
        if not self.may(need):
            words = {
                Need.READ: _("look at this"),
                Need.WRITE: _("change anything"),
                Need.ADMIN: _("do this; ask an administrator"),
            }
            raise ForbiddenException(
                phrase("Your role (%(role)s) may not %(words)s", role=self.role, words=Word(words[need])),
                details={"needs": need.value},
            )

    def owns(self, owner_id: uuid.UUID | None, what: str) -> None:
        """Raise ResourceNotFoundException for somebody else's row: a stranger does not learn that it exists."""
        if owner_id != self.user_id and not self.is_admin:
            raise ResourceNotFoundException(phrase("%(what)s not found", what=Word(what)))
