"""The providers' stand-ins and settings that lead to them."""

from __future__ import annotations

from typing import Any

from standins.imaging import ImagingServices


def point_at(settings: Any, services: ImagingServices) -> None:
    """Let the settings lead to the stand-ins, with their keys."""
    for name, value in environment_of(services).items():
        setattr(settings, name, value)


def environment_of(services: ImagingServices) -> dict[str, str]:
    """Return the same as environment variables, for a process of its own."""
    return {
        "FAL_KEY": services.keys["fal"],
        "REPLICATE_API_TOKEN": services.keys["replicate"],
        "CIVITAI_API_KEY": services.keys["civitai"],
        "FAL_QUEUE_URL": services.urls["fal"],
        "FAL_API_URL": services.urls["fal"],
        "REPLICATE_BASE_URL": services.urls["replicate"],
        "CIVITAI_URL": services.urls["civitai"],
        "COMFYUI_URL": services.urls["comfyui"],
    }
