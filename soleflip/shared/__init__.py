"""What every domain uses: database, auth, errors, events, streaming, and the pure rules."""
