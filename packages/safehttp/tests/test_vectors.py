"""Every spelling in vectors.json gets the verdict the file gives it, under each policy."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pytest

from safehttp import Device, Policy, Provider, Public, SafeHttpError, check_url, parse_url

VECTORS = json.loads(files("safehttp").joinpath("vectors.json").read_text(encoding="utf-8"))


def policy(name: str) -> Policy:
    makers: dict[str, Callable[..., Policy]] = {"public": Public, "device": Device, "provider": Provider}
    given = dict(VECTORS["policies"][name])
    given["own_services"] = [(host, port) for host, port in given["own_services"]]
    return makers[name](**given)


def verdict(name: str, vector: dict[str, Any]) -> str:
    known = vector.get("resolves", {})

    def resolver(host: str) -> list[str]:
        if host not in known:
            raise OSError
        return list(known[host])

    try:
        check_url(policy(name), vector["url"], resolver)
    except SafeHttpError:
        return "refused"
    return "allowed"


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda vector: vector["why"])
def test_verdicts(vector: dict[str, Any]) -> None:
    found = {name: verdict(name, vector) for name in VECTORS["policies"]}
    assert found == {name: vector[name] for name in VECTORS["policies"]}


@pytest.mark.parametrize(
    "vector", [vector for vector in VECTORS["vectors"] if "canonical" in vector], ids=lambda vector: vector["why"]
)
def test_canonical_host(vector: dict[str, Any]) -> None:
    assert parse_url(vector["url"]).hostname == vector["canonical"]


def test_the_file_holds_both_verdicts_for_every_policy() -> None:
    for name in VECTORS["policies"]:
        assert {vector[name] for vector in VECTORS["vectors"]} == {"refused", "allowed"}
