"""The inventory's part of `/api/v1/`: typed, paged, described by OpenAPI."""
