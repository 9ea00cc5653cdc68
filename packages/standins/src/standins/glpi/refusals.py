"""What GLPI answers when it refuses: a list of a code and a sentence (apirest.md, section Errors)."""

from __future__ import annotations

from typing import Final

from standins.wire import Reply, json_reply

_SENTENCES: Final = {
    "ERROR": (400, "Bad request"),
    "ERROR_APP_TOKEN_PARAMETERS_MISSING": (400, "missing parameter(s): app_token"),
    "ERROR_WRONG_APP_TOKEN_PARAMETER": (400, "parameter app_token seems wrong"),
    "ERROR_LOGIN_PARAMETERS_MISSING": (400, "parameter(s) login, password or user_token are missing"),
    "ERROR_LOGIN_WITH_CREDENTIALS_DISABLED": (400, "usage of initSession resource with credentials is disabled"),
    "ERROR_GLPI_LOGIN": (401, "Incorrect username or password"),
    "ERROR_GLPI_LOGIN_USER_TOKEN": (401, "parameter user_token seems invalid"),
    "ERROR_SESSION_TOKEN_MISSING": (400, "parameter session_token is missing or empty"),
    "ERROR_SESSION_TOKEN_INVALID": (401, "session_token seems invalid"),
    "ERROR_RESOURCE_NOT_FOUND_NOR_COMMONDBTM": (400, "resource not found or not an instance of CommonDBTM"),
    "ERROR_ITEM_NOT_FOUND": (404, "Item not found"),
    "ERROR_RIGHT_MISSING": (403, "You don't have permission to perform this action."),
    "ERROR_RANGE_EXCEED_TOTAL": (400, "Provided range exceed total count of data"),
    "ERROR_BAD_ARRAY": (400, "input parameter must be an array of objects"),
    "ERROR_JSON_PAYLOAD_INVALID": (400, "JSON payload seems not valid"),
    "ERROR_JSON_PAYLOAD_FORBIDDEN": (400, "GET methods should not have a JSON payload"),
    "ERROR_METHOD_NOT_ALLOWED": (405, "Method Not Allowed"),
    "ERROR_GLPI_UPDATE": (400, "You don't have permission to perform this action."),
}


class Refusal(Exception):  # noqa: N818 -- an answer, not a failure of ours
    """An error as the API answers it."""

    def __init__(self, code: str, text: str = "") -> None:
        """Take one of the documented codes."""
        super().__init__(code)
        self.code = code
        self.status, sentence = _SENTENCES[code]
        self.text = text or sentence

    def reply(self) -> Reply:
        """Return [code, sentence]."""
        return json_reply([self.code, self.text], self.status)
