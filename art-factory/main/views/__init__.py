"""Pages, partials and the JSON API, one module per section."""
