"""How a product's making is written: A1111's text, which most tools read, our own JSON, and XMP for cataloguing programs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from xml.sax.saxutils import escape

OWN: Final = "artfactory"
XMP_KEYWORD: Final = "XML:com.adobe.xmp"
IPTC_SOURCES: Final = {"ai": "trainedAlgorithmicMedia", "procedural": "algorithmicMedia"}
"""IPTC's words for who made a picture. Source: cv.iptc.org/newscodes/digitalsourcetype."""
A1111_NAMES: Final = {
    "steps": "Steps",
    "scheduler": "Sampler",
    "guidance": "CFG scale",
    "strength": "Denoising strength",
}
"""Our names and those of A1111's line of settings (modules/infotext_utils)."""
_ELSEWHERE: Final = frozenset({"prompt", "negative_prompt", "seed", "size", "init_image", "mask"})


@dataclass(frozen=True, slots=True)
class Making:
    """How a product was made, in our names. `kind` is ai, procedural or import."""

    prompt: str = ""
    negative_prompt: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = None
    width: int | None = None
    height: int | None = None
    machine: str = ""
    provider: str = ""
    kind: str = "ai"


def a1111_text(making: Making) -> str:
    """Return the prompt, the negative prompt and one line of settings, as the A1111 web UI writes them."""
    settings: list[tuple[str, Any]] = [
        (label, making.parameters[name]) for name, label in A1111_NAMES.items() if name in making.parameters
    ]
    if making.seed is not None:
        settings.append(("Seed", making.seed))
    if making.width and making.height:
        settings.append(("Size", f"{making.width}x{making.height}"))
    settings.append(("Model", making.machine))
    more = {name: value for name, value in making.parameters.items() if name not in (*A1111_NAMES, *_ELSEWHERE)}
    settings += sorted(more.items())
    settings.append(("Version", "Art Factory"))
    lines = [making.prompt]
    if making.negative_prompt:
        lines.append(f"Negative prompt: {making.negative_prompt}")
    lines.append(", ".join(f"{name}: {_quoted(value)}" for name, value in settings if value not in (None, "")))
    return "\n".join(lines)


def own_json(making: Making) -> str:
    """Return everything as our own JSON, which comes back without loss."""
    return json.dumps(
        {
            "version": 1,
            "prompt": making.prompt,
            "negative_prompt": making.negative_prompt,
            "parameters": dict(making.parameters),
            "seed": making.seed,
            "width": making.width,
            "height": making.height,
            "machine": making.machine,
            "provider": making.provider,
            "generator_kind": making.kind,
        },
        ensure_ascii=False,
        default=str,
    )


def xmp_packet(making: Making) -> str:
    """Return an XMP packet: the description, who made it in IPTC's words, our JSON. Source: ISO 16684-1, IPTC Photo Metadata."""
    source = IPTC_SOURCES.get(making.kind, "")
    kind = (
        f"<Iptc4xmpExt:DigitalSourceType>http://cv.iptc.org/newscodes/digitalsourcetype/{source}</Iptc4xmpExt:DigitalSourceType>"
        if source
        else ""
    )
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
        ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" xmlns:artfactory="urn:art-factory:1">'
        f'<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{_xml(making.prompt)}</rdf:li></rdf:Alt></dc:description>'
        f"<xmp:CreatorTool>Art Factory</xmp:CreatorTool>{kind}"
        f"<artfactory:making>{_xml(own_json(making))}</artfactory:making>"
        '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    )


def _quoted(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return json.dumps(text, ensure_ascii=False) if any(sign in text for sign in ',:"\n') else text


def _xml(text: str) -> str:
    # XML 1.0 knows no control signs but tab and line ends.
    return escape("".join(sign for sign in text if sign >= " " or sign in "\t\n\r"))
