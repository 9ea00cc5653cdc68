"""HTTP out with limits and an SSRF guard."""
