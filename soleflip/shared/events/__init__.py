"""The event bus and the outbox."""
