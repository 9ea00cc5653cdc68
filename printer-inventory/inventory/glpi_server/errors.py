"""What can go wrong with a GLPI server, in words that name neither a token nor an answer's text."""

from __future__ import annotations

from typing import Final

SENTENCES: Final = {
    "ERROR_APP_TOKEN_PARAMETERS_MISSING": "GLPI asks for an app token: take the one of the API client in its setup.",
    "ERROR_WRONG_APP_TOKEN_PARAMETER": "GLPI does not know the app token.",
    "ERROR_LOGIN_PARAMETERS_MISSING": "GLPI asks for a user token, or a name and a password.",
    "ERROR_LOGIN_WITH_CREDENTIALS_DISABLED": "GLPI takes no passwords here: give a user token.",
    "ERROR_GLPI_LOGIN": "GLPI does not take the name and the password.",
    "ERROR_GLPI_LOGIN_USER_TOKEN": "GLPI does not know the user token.",
    "ERROR_NOT_ALLOWED_IP": "GLPI takes no requests from this server's address: add it to the API client in its setup.",
    "ERROR_RIGHT_MISSING": "The account lacks the right to this in GLPI.",
    "ERROR_ITEM_NOT_FOUND": "GLPI knows no such item any more.",
    "ERROR_GLPI_UPDATE": "GLPI did not take the change: the account may only read, or the value does not fit.",
}


class GlpiError(Exception):
    """GLPI did not do what was asked; the text is a sentence for a person."""


class GlpiAwayError(GlpiError):
    """It is not reachable, answers too late or with nonsense: it may work later."""


class GlpiRefusedError(GlpiError):
    """It answered and said no; `code` is the API's own word, as `ERROR_GLPI_LOGIN`."""

    def __init__(self, code: str, status: int) -> None:
        """Keep the code."""
        super().__init__(SENTENCES.get(code, f"GLPI refused it ({code or 'no reason'}, status {status})."))
        self.code = code
        self.status = status
