"""What the consignment domain does."""
