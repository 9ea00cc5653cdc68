"""What no official client speaks: CivitAI, ComfyUI, faults, addresses that run out."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import httpx2
import pytest

from standins.imaging import Fault, ImagingServices, models_of
from standins.imaging.server import KEYS

INPUT = {"engine": "sdcpp", "ecosystem": "sdxl", "operation": "createImage", "model": "urn:air:x", "prompt": "a cat"}


def workflow(services: ImagingServices, given: dict[str, Any], **more: Any) -> httpx2.Response:
    """Send a workflow."""
    body = {"steps": [{"$type": "imageGen", "input": given}], "currencies": ["yellow"], **more}
    headers = {"Authorization": f"Bearer {KEYS['civitai']}"}
    return httpx2.post(f"{services.urls['civitai']}/v2/consumer/workflows", json=body, headers=headers)


def test_an_external_id_makes_one_workflow(services: ImagingServices) -> None:
    first, second = (workflow(services, INPUT, externalId="k") for _ in range(2))
    assert (first.status_code, second.status_code) == (202, 200)
    assert first.json()["id"] == second.json()["id"]
    assert len(services.book.of("civitai")) == 1


def test_civitai_refuses_what_it_does_not_know(services: ImagingServices) -> None:
    refused = workflow(services, {**INPUT, "clipSkip": 2})
    assert refused.status_code == 400
    assert list(refused.json()["errors"]) == ["steps[0].input.clipSkip"]
    assert workflow(services, INPUT, surprise=1).status_code == 400


def test_comfyui_checks_nodes_and_links(services: ImagingServices) -> None:
    graph = {"1": {"class_type": "VAEDecode", "inputs": {"samples": ["9", 0], "vae": ["1", 0], "more": 1}}}
    answer = httpx2.post(f"{services.urls['comfyui']}/prompt", json={"prompt": graph})
    assert answer.status_code == 400
    kinds = {one["type"] for one in answer.json()["node_errors"]["1"]["errors"]}
    assert kinds == {"bad_linked_input", "extra_forbidden"}


def test_a_lost_answer_leaves_the_call(services: ImagingServices) -> None:
    services.misbehave("lost")
    with pytest.raises(httpx2.HTTPError):
        workflow(services, INPUT)
    services.misbehave("reset")
    with pytest.raises(httpx2.HTTPError):
        workflow(services, INPUT)
    assert len(services.book.of("civitai")) == 1


def test_an_expired_address_is_gone_and_a_new_one_is_not(services: ImagingServices) -> None:
    services.book.seconds = 0
    made = workflow(services, INPUT).json()
    services.misbehave("expired", "file")
    old = made["steps"][0]["output"]["images"][0]["url"]
    assert [httpx2.get(old).status_code for _ in range(2)] == [410, 410]
    path = f"{services.urls['civitai']}/v2/consumer/workflows/{made['id']}"
    again = httpx2.get(path, headers={"Authorization": f"Bearer {KEYS['civitai']}"}).json()
    assert httpx2.get(again["steps"][0]["output"]["images"][0]["url"]).status_code == 200


def test_faults_are_known_ones() -> None:
    with pytest.raises(ValueError, match="no such fault"):
        Fault("sneezes")


@pytest.mark.parametrize("provider", ["fal", "replicate", "civitai", "comfyui"])
def test_every_table_can_be_read(provider: str) -> None:
    assert all(model["input"] for model in models_of(provider).values())


def test_it_runs_as_a_process() -> None:
    process = subprocess.Popen([sys.executable, "-m", "standins.imaging"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        urls = json.loads(process.stdout.readline())["urls"]
        assert httpx2.post(f"{urls['fal']}/__faults", json={"kind": "status"}).status_code == 204
        assert httpx2.get(f"{urls['fal']}/__calls").json() == []
    finally:
        process.terminate()
        process.communicate(timeout=10)
    assert process.returncode == 0
