"""Exceptions, codes and how they become answers."""
