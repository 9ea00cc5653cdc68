"""The prompt language: one prompt with tokens becomes many, counted before they are made. Pure, knows no framework."""
