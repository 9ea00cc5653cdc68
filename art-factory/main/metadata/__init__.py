"""What a file says about its own making: written when it leaves, read when it is dropped here. Pure, knows no framework."""

from main.metadata.containers import BrokenFile
from main.metadata.embedding import embed
from main.metadata.reading import NothingFound, Recovered, recover
from main.metadata.texts import Making

__all__ = ["BrokenFile", "Making", "NothingFound", "Recovered", "embed", "recover"]
