"""Orders, their production, and what comes out of it."""
