"""Servers that speak the protocols of the outside world, for the demo and the tests."""
