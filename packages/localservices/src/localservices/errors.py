"""What can go wrong here, in words for the person at the terminal. No message ever holds a password."""

from __future__ import annotations


class LocalServicesError(Exception):
    """Something outside this package is not as it must be; the message says what and what to do."""


class NotFoundError(LocalServicesError):
    """No server of the wanted kind is told, installed or in a wheel."""


class StartError(LocalServicesError):
    """A server was found but did not come up; the message ends with its last log lines."""


class RunFileError(LocalServicesError):
    """A `run.toml` cannot be understood; the message names the file and the key."""


class InterruptedStartError(LocalServicesError):
    """A signal asked to stop while servers were starting."""
