"""Pages of the contracts, thin."""
