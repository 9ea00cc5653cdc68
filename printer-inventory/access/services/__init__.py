"""What the access application does: make roles, decide who may open an application."""
