"""Who may come in, and with what."""

from access.models.tokens import ApiToken

__all__ = ["ApiToken"]
