"""fal.ai, Replicate, CivitAI and ComfyUI on loopback: their protocols, strict about parameters, with faults on demand."""

from standins.imaging.book import Book, Call
from standins.imaging.faults import Fault
from standins.imaging.schema import models_of
from standins.imaging.server import ImagingServices

__all__ = ["Book", "Call", "Fault", "ImagingServices", "models_of"]
