"""Background work: what a job of a kind does, and the worker that does it."""
