"""What the language has to know about parameters: their names, and what text may stand for."""

from __future__ import annotations

from typing import Any, Final, Protocol

ALIASES: Final = {
    "cfg": "guidance",
    "cfgscale": "guidance",
    "cfg_scale": "guidance",
    "guidancescale": "guidance",
    "guidance_scale": "guidance",
    "num_inference_steps": "steps",
    "sampler": "scheduler",
    "num_images": "batch",
    "num_outputs": "batch",
    "enable_safety_checker": "safety",
    "image_size": "size",
    "output_format": "format",
    "negativeprompt": "negative_prompt",
}


class Names(Protocol):
    """A machine's parameters, as the language sees them."""

    def find(self, name: str) -> str | None:
        """Return a parameter's own name, whatever its case or alias; None when there is none."""
        ...

    def shorthand(self, name: str) -> bool:
        """Say whether `4,5,6` and `10..20` stand for several values of this parameter."""
        ...

    def coerce(self, name: str, value: Any) -> Any:
        """Return a value in the parameter's type; ValueError when it cannot be."""
        ...


class AnyNames:
    """Every name is a parameter, every value a text, and commas make lists: for trying the language without a machine."""

    def find(self, name: str) -> str | None:
        """Return the name, or what it is an alias of."""
        return ALIASES.get(name.lower(), name.lower())

    def shorthand(self, name: str) -> bool:
        """Say yes."""
        return bool(name)

    def coerce(self, name: str, value: Any) -> Any:
        """Return the value."""
        del name
        return value
