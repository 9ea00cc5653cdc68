"""What the consignment domain does when others tell something."""
