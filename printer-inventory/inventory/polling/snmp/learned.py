"""What has been learned about one printer: how to talk to it, and which objects make up its reading.

It is kept between polls as JSON. With it the next poll asks only for what changes and still gives a whole reading.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

FORMAT: Final = 1
"""A learned plan of another format is forgotten and learned anew."""


@dataclass(slots=True)
class Learned:
    """`counters` maps a counter to terms `[oid, how]` that add up; `supplies` holds what does not change of each supply.

    Times are seconds since the epoch, `srtt` and `rttvar` seconds (RFC 6298). `watch` maps the objects that tell whether it is
    still the same device to their octets in hex. `alarm` is the state in which the alert table was last read.
    """

    version: int = 2
    size: int = 30
    bulk: bool = True
    srtt: float | None = None
    rttvar: float = 0.0
    engine_id: str = ""
    profile: str = ""
    learned_at: float = 0.0
    booted_at: float | None = None
    charset: int | None = None
    static: dict[str, str] = field(default_factory=dict)
    watch: dict[str, str] = field(default_factory=dict)
    status: dict[str, str] = field(default_factory=dict)
    console: list[str] = field(default_factory=list)
    counters: dict[str, list[list[str]]] = field(default_factory=dict)
    supplies: list[dict[str, Any]] = field(default_factory=list)
    alerts: list[dict[str, Any]] = field(default_factory=list)
    alarm: str = ""
    warnings: list[str] = field(default_factory=list)
    format: int = FORMAT

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready dict that shares this object's lists; it holds no credentials."""
        return {name: getattr(self, name) for name in self.__slots__}

    def changed(self, **changes: Any) -> Learned:
        """Return a copy with some fields changed."""
        return Learned(**{**self.to_json(), **changes})

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Learned | None:
        """Return what `to_json` wrote; None for another format or a damaged record, which means: learn anew."""
        if data.get("format") != FORMAT:
            return None
        try:
            return cls(**data)
        except TypeError:
            return None
