"""What a provider's claims mean; no framework, no clock, no socket."""
