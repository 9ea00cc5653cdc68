"""Dependencies and envelopes of every route."""
