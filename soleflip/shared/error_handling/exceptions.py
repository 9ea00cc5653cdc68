"""Exceptions of services. A service raises one; `shared/error_handling/handlers.py` turns it into an answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.error_handling.error_codes import STATUS, ErrorCode


class SoleFlipException(Exception):  # noqa: N818 -- the documented names end in Exception
    """Something went wrong in a way we know: a sentence for people, a code for programs, details for both."""

    code = ErrorCode.INTERNAL_SERVER_ERROR

    def __init__(
        self, message: str, error_code: ErrorCode | None = None, details: Mapping[str, Any] | None = None
    ) -> None:
        """Say what happened, to what, and what to do."""
        super().__init__(message)
        self.message = message
        self.error_code = error_code or self.code
        self.details = dict(details or {})
        self.headers: dict[str, str] = {}

    def __str__(self) -> str:
        """Return the message as it was made: a phrase stays one that a page can say in its language."""
        return self.message

    @property
    def status_code(self) -> int:
        """Return the HTTP status of the code."""
        return STATUS[self.error_code]


class ValidationException(SoleFlipException):
    """What was sent cannot be right; `field_errors` says where."""

    code = ErrorCode.VALIDATION_ERROR

    def __init__(
        self,
        message: str,
        error_code: ErrorCode | None = None,
        details: Mapping[str, Any] | None = None,
        field_errors: Mapping[str, str] | None = None,
    ) -> None:
        """Say what is wrong with which field."""
        super().__init__(
            message, error_code, {**(details or {}), **({"field_errors": dict(field_errors)} if field_errors else {})}
        )


class ResourceNotFoundException(SoleFlipException):
    """There is no such thing, or it is not the caller's to see."""

    code = ErrorCode.RESOURCE_NOT_FOUND


class DuplicateResourceException(SoleFlipException):
    """There is one already."""

    code = ErrorCode.DUPLICATE_RESOURCE


class BusinessRuleViolation(SoleFlipException):
    """A rule of the business forbids it."""

    code = ErrorCode.BUSINESS_RULE_VIOLATION


BusinessRuleException = BusinessRuleViolation


class InvalidStateTransition(BusinessRuleViolation):
    """It cannot go from this state to that one."""

    code = ErrorCode.INVALID_STATE_TRANSITION


class VersionConflict(BusinessRuleViolation):
    """Somebody changed it meanwhile."""

    code = ErrorCode.VERSION_CONFLICT


class ImportProcessingException(SoleFlipException):
    """A file cannot be imported."""

    code = ErrorCode.IMPORT_VALIDATION_FAILED


class ExternalServiceException(SoleFlipException):
    """Somebody else's service refused or did not answer."""

    code = ErrorCode.EXTERNAL_SERVICE_ERROR


class ServiceUnavailableException(SoleFlipException):
    """Something we need is away for now."""

    code = ErrorCode.SERVICE_UNAVAILABLE


class AuthenticationException(SoleFlipException):
    """Nobody is signed in, or not any more."""

    code = ErrorCode.UNAUTHORIZED


class ForbiddenException(SoleFlipException):
    """Signed in, but not allowed."""

    code = ErrorCode.FORBIDDEN


class RateLimitException(SoleFlipException):
    """Too many requests; `Retry-After` says when to come back."""

    code = ErrorCode.RATE_LIMIT_EXCEEDED

    def __init__(self, message: str, retry_after: int) -> None:
        """Say how many seconds to wait."""
        super().__init__(message, details={"retry_after": retry_after})
        self.headers = {"Retry-After": str(retry_after)}
