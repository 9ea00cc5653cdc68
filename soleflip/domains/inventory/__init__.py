"""Items in stock: status, history, reservations, locations, listings, dead stock."""
