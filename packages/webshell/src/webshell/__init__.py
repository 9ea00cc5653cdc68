"""Django glue of face: base layout, error pages, security headers, health endpoint."""
