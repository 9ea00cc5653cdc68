"""What pages share: templates, static files, sessions."""
