"""Routes of the consignment domain."""
