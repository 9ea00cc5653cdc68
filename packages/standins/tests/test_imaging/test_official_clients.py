"""The providers' own clients understand the stand-ins: what they say is the true protocol."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import fal_client
import fal_client.client
import httpx2
import pytest
from replicate.client import Client
from replicate.exceptions import ModelError, ReplicateError

from standins.imaging import ImagingServices
from standins.imaging.server import KEYS

FLUX = {"prompt": "a cat", "image_size": "landscape_4_3", "num_images": 2, "seed": 5}
SDXL = "stability-ai/sdxl:7762fd07cf82c948538e41f63f77d685e02b063e37e496e96eefd46c929f9bdc"


@pytest.fixture
def fal(services: ImagingServices, monkeypatch: pytest.MonkeyPatch) -> Iterator[fal_client.SyncClient]:
    """Fal's client; https is written into it, so its address is replaced."""
    monkeypatch.setattr(fal_client.client, "QUEUE_URL_FORMAT", f"{services.urls['fal']}/")
    client = fal_client.SyncClient(key=KEYS["fal"])
    yield client
    client._client.close()


@pytest.fixture
def theirs(services: ImagingServices) -> Iterator[Client]:
    """Replicate's client."""
    client = Client(api_token=KEYS["replicate"], base_url=services.urls["replicate"])
    yield client
    client._client.close()


def test_fal_queues_watches_and_collects(fal: fal_client.SyncClient, services: ImagingServices) -> None:
    handle = fal.submit("fal-ai/flux/dev", arguments=FLUX)
    seen = [type(event).__name__ for event in handle.iter_events(with_logs=True, interval=0.05)]
    assert {"Queued", "InProgress", "Completed"} == set(seen)
    result = handle.get()
    assert (result["seed"], result["has_nsfw_concepts"], len(result["images"])) == (5, [False, False], 2)
    image = result["images"][0]
    assert (image["width"], image["height"]) == (1024, 768)
    assert httpx2.get(image["url"]).content[:4] == b"\x89PNG"
    assert [call.arguments for call in services.book.of("fal")] == [FLUX]


def test_fal_hears_of_wrong_parameters_and_cancels(fal: fal_client.SyncClient) -> None:
    with pytest.raises(fal_client.FalClientHTTPError) as refused:
        fal.submit("fal-ai/flux/dev", arguments={"prompt": "a", "width": 512, "negative_prompt": "b"})
    assert refused.value.status_code == 422
    detail: Any = refused.value.response.json()["detail"]
    assert [(one["loc"], one["type"]) for one in detail] == [
        (["body", "width"], "extra_forbidden"),
        (["body", "negative_prompt"], "extra_forbidden"),
    ]
    handle = fal.submit("fal-ai/flux/dev", arguments={"prompt": "a"})
    handle.cancel()
    status = handle.status()
    assert isinstance(status, fal_client.Completed)
    assert status.error_type == "client_cancelled"


def test_fal_hears_of_a_wrong_key(services: ImagingServices, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fal_client.client, "QUEUE_URL_FORMAT", f"{services.urls['fal']}/")
    client = fal_client.SyncClient(key="a:b")
    with pytest.raises(fal_client.FalClientHTTPError) as refused:
        client.submit("fal-ai/flux/dev", arguments={"prompt": "a"})
    assert refused.value.status_code == 401
    client._client.close()


def test_replicate_runs_an_official_model(theirs: Client, services: ImagingServices) -> None:
    given = {"prompt": "a cat", "aspect_ratio": "16:9", "num_outputs": 2}
    prediction = theirs.models.predictions.create("black-forest-labs/flux-schnell", input=given)
    assert prediction.status == "starting"
    prediction.wait()
    assert (prediction.status, len(prediction.output or [])) == ("succeeded", 2)
    assert httpx2.get((prediction.output or [""])[0]).content[:4] == b"\x89PNG"
    assert [call.arguments for call in services.book.of("replicate")] == [given]


def test_replicate_runs_a_version(theirs: Client) -> None:
    output: Any = theirs.run(SDXL, input={"prompt": "a cat", "width": 640, "height": 512}, wait=False)
    assert len(output) == 1
    assert [one.id for one in theirs.predictions.list()][:1]


def test_replicate_hears_what_is_wrong(theirs: Client, services: ImagingServices) -> None:
    with pytest.raises(ReplicateError) as refused:
        theirs.models.predictions.create("black-forest-labs/flux-schnell", input={"prompt": "a", "width": 512})
    assert refused.value.status == 422
    services.misbehave("fails")
    with pytest.raises(ModelError):
        theirs.run(SDXL, input={"prompt": "a cat"}, wait=False)
    prediction = theirs.predictions.create(version=SDXL.partition(":")[2], input={"prompt": "a cat"})
    prediction.cancel()
    assert prediction.status == "canceled"
