"""What billing decides, as plain functions on integers and Decimal."""
