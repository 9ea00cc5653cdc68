"""The ways in which generators write down what they did, each read into our names. None means: this is not written that way."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

MOST_NODES: Final = 2_000
MOST_LINE: Final = 20_000
_A1111: Final = {
    "steps": "steps", "sampler": "scheduler", "cfg scale": "guidance", "distilled cfg scale": "guidance", "seed": "seed",
    "size": "size", "denoising strength": "strength", "guidance": "guidance",
}  # fmt: skip
_ENOUGH: Final = 2
_SETTING: Final = re.compile(r'\s*([A-Za-z][\w \-/]{0,40}):\s*("(?:\\.|[^"\\])*"|[^,]*)(?:,|$)')
_SWARM: Final = {"steps": "steps", "cfgscale": "guidance", "seed": "seed", "sampler": "scheduler", "aspectratio": ""}
_INVOKE: Final = {
    "steps": "steps",
    "cfg_scale": "guidance",
    "guidance": "guidance",
    "seed": "seed",
    "scheduler": "scheduler",
    "strength": "strength",
}
_COMFY: Final = {
    "steps": "steps",
    "cfg": "guidance",
    "seed": "seed",
    "noise_seed": "seed",
    "denoise": "strength",
    "guidance": "guidance",
}


def read_own(text: str) -> dict[str, Any] | None:
    """Read our own JSON."""
    data = _object(text)
    if data is None or not isinstance(data.get("parameters"), dict):
        return None
    parameters = {str(name)[:60]: value for name, value in data["parameters"].items() if _plain(value)}
    parameters.pop("prompt", None)
    parameters.pop("negative_prompt", None)
    if isinstance(data.get("seed"), int):
        parameters["seed"] = data["seed"]
    return {
        "prompt": data.get("prompt") or "",
        "negative_prompt": data.get("negative_prompt") or "",
        "parameters": parameters,
        "machine": str(data.get("machine") or "")[:150],
    }


def read_a1111(text: str) -> dict[str, Any] | None:
    """Read the A1111 web UI's text: prompt lines, `Negative prompt:`, then one line of settings."""
    lines = text.strip().splitlines()
    if not lines or text.lstrip().startswith("{"):
        return None
    settings: dict[str, str] = {}
    if len(found := _settings(lines[-1])) >= _ENOUGH:
        settings, lines = found, lines[:-1]
    prompt: list[str] = []
    negative: list[str] = []
    into = prompt
    for line in lines:
        if line.startswith("Negative prompt:"):
            into, line = negative, line.removeprefix("Negative prompt:").strip()  # noqa: PLW2901 -- the same line, without its name
        into.append(line)
    parameters = {_A1111[name]: value for name, value in settings.items() if name in _A1111}
    machine = settings.pop("model", "")[:150]
    ours = settings.get("version") == "Art Factory"
    known = {*_A1111, "version", "model hash"}
    if ours:
        parameters |= {name: value for name, value in settings.items() if name not in known}
    return {
        "prompt": "\n".join(prompt).strip(),
        "negative_prompt": "\n".join(negative).strip(),
        "parameters": parameters,
        "machine": machine if ours else "",
        "model": machine,
        "left_out": [] if ours else sorted(name for name in settings if name not in known)[:20],
    }


def read_swarm(text: str) -> dict[str, Any] | None:
    """Read SwarmUI's JSON, which stands under A1111's keyword."""
    data = _object(text)
    given = data.get("sui_image_params") if data else None
    if not isinstance(given, dict):
        return None
    found = _named(given, _SWARM)
    _sides(given, found)
    left_out = [
        name
        for name in map(str, given)
        if name not in (*_SWARM, "prompt", "negativeprompt", "model", "width", "height")
    ]
    return {
        "prompt": _text(given.get("prompt")),
        "negative_prompt": _text(given.get("negativeprompt")),
        "parameters": found,
        "model": _text(given.get("model"))[:150],
        "left_out": left_out[:20],
    }


def read_invokeai(text: str) -> dict[str, Any] | None:
    """Read InvokeAI's JSON."""
    given = _object(text)
    if given is None:
        return None
    found = _named(given, _INVOKE)
    _sides(given, found)
    model = given.get("model")
    return {
        "prompt": _text(given.get("positive_prompt")),
        "negative_prompt": _text(given.get("negative_prompt")),
        "parameters": found,
        "model": _text(model.get("name") if isinstance(model, dict) else model)[:150],
    }


def read_comfyui(text: str) -> dict[str, Any] | None:
    """Read ComfyUI's graph: the sampler's inputs, and the texts that lead to its `positive` and `negative`."""
    graph = _object(text)
    if not graph or len(graph) > MOST_NODES:
        return None
    nodes = {
        key: node for key, node in graph.items() if isinstance(node, dict) and isinstance(node.get("inputs"), dict)
    }
    if not nodes:
        return None
    samplers = [node for node in nodes.values() if {"positive", "negative"} & set(node["inputs"])]
    found: dict[str, Any] = {}
    model = ""
    for node in [*samplers, *nodes.values()]:
        given = node["inputs"]
        found = {**_named(given, _COMFY), **found}
        if "sampler_name" in given:
            found.setdefault("scheduler", _text(given["sampler_name"]))
        if "Latent" in str(node.get("class_type")) and "size" not in found:
            _sides(given, found)
        model = model or _text(given.get("ckpt_name") or given.get("unet_name"))
    prompt, negative = (
        _leads_to(nodes, samplers[0]["inputs"].get(name) if samplers else None) for name in ("positive", "negative")
    )
    if not samplers:
        prompt = next((_text(node["inputs"].get("text")) for node in nodes.values() if node["inputs"].get("text")), "")
    return {"prompt": prompt, "negative_prompt": negative, "parameters": found, "model": model[:150]}


def _settings(line: str) -> dict[str, str]:
    found = {}
    line = line[:MOST_LINE]
    at = 0
    while at < len(line) and (match := _SETTING.match(line, at)):
        value = match[2].strip()
        if value.startswith('"'):
            try:
                value = str(json.loads(value))
            except ValueError:
                value = value.strip('"')
        found[match[1].strip().lower()] = value
        at = match.end()
    return found


def _leads_to(nodes: Mapping[str, Any], link: Any) -> str:
    """Follow links until one reaches a text; a graph that turns in a circle ends too."""
    seen: set[str] = set()
    while isinstance(link, list) and link and str(link[0]) not in seen and str(link[0]) in nodes:
        seen.add(str(link[0]))
        given = nodes[str(link[0])]["inputs"]
        text = given.get("text", given.get("text_g"))
        if isinstance(text, str):
            return text
        link = text if isinstance(text, list) else given.get("conditioning", given.get("positive"))
    return ""


def _named(given: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {
        ours: given[name]
        for name, ours in names.items()
        if ours and name in given and isinstance(given[name], int | float | str)
    }


def _sides(given: Mapping[str, Any], found: dict[str, Any]) -> None:
    width, height = given.get("width"), given.get("height")
    if isinstance(width, int) and isinstance(height, int) and 0 < width < 100_000 and 0 < height < 100_000:
        found["size"] = f"{width}x{height}"


def _object(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _plain(value: Any) -> bool:
    return isinstance(value, str | int | float | bool) or (
        isinstance(value, dict) and set(value) == {"width", "height"}
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
