"""What `/api/v1/` says about contracts."""
