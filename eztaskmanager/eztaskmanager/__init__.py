"""Run, schedule, watch and stop any Django management command from the admin."""

VERSION = (1, 0, 0)
__version__ = ".".join(str(part) for part in VERSION)
