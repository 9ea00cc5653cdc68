"""What StockX answers when it refuses."""

from __future__ import annotations

from standins.wire import Reply, json_reply


class Refusal(Exception):  # noqa: N818 -- an answer, not a failure of ours
    """An error as the API answers it: status and message."""

    def __init__(self, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        """Say what is wrong."""
        super().__init__(message)
        self.status, self.message, self.headers = status, message, headers or {}

    def reply(self) -> Reply:
        """Return the error body StockX documents: {statusCode, message}."""
        return json_reply({"statusCode": self.status, "message": self.message}, self.status, self.headers)
