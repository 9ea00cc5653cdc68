"""The look of all four systems: tokens, vendored CSS and JavaScript, icons, chart theme."""
