"""What the operations commands look at and do: Redis, queues, workers, polls, the `.env` file.

What cannot be reached is an `AwayError`, whose words are fit for a person and hold no password.
"""


class AwayError(Exception):
    """A service does not answer; the text says which, why and what to do."""
