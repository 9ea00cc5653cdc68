"""The built-in generator: really renders, repeats itself exactly, says what it used, can be stopped."""

from __future__ import annotations

import io
import time
import wave

import pytest
from PIL import Image

from main.factories import ModelSpecificFactory
from main.models import FactoryMachine
from main.providers import CallState, CallStatus, ErrorCategory, InputFile, ProviderError, ProviderRequest
from main.providers.builtin.client import BuiltinClient
from main.providers.builtin.fields import ALGORITHMS

CLIENT = BuiltinClient()


def request_of(machine: str, files=None, key: str = "key", **parameters) -> ProviderRequest:
    """Return the call of a seeded machine."""
    factory = ModelSpecificFactory.from_data(FactoryMachine.objects.get(name=machine).specification)
    checked = factory.validate(parameters)
    assert not checked.problems
    arguments = factory.arguments(factory.complete(checked.parameters))
    return ProviderRequest(factory.endpoint, arguments, key, files or {}, factory.machine.options)


def finished(request: ProviderRequest) -> CallStatus:
    """Submit and poll to the end."""
    reference = CLIENT.submit(request)
    while (status := CLIENT.poll(reference)).state in (CallState.QUEUED, CallState.RUNNING):
        assert 0 <= status.progress <= 1
        time.sleep(0.005)
    return status


def opened(status: CallStatus) -> Image.Image:
    """Return the first picture."""
    return Image.open(io.BytesIO(CLIENT.fetch(status.outputs[0])))


@pytest.mark.parametrize("algorithm", sorted(ALGORITHMS))
def test_pictures_have_the_size_asked_for(seeded, algorithm: str) -> None:
    picture = opened(finished(request_of("builtin/still", prompt="a cat", algorithm=algorithm, size="128x64")))
    assert (picture.size, picture.format) == ((128, 64), "PNG")
    assert len(picture.convert("RGB").getcolors(10_000) or []) > 8


def test_the_same_call_gives_the_same_bytes_and_another_seed_others(seeded) -> None:
    one = finished(request_of("builtin/still", prompt="a cat", size="64x64"))
    again = finished(request_of("builtin/still", prompt="a cat", size="64x64"))
    other = finished(request_of("builtin/still", prompt="a cat", size="64x64", seed=5))
    assert one.outputs[0].data == again.outputs[0].data != other.outputs[0].data
    assert one.returned["seed"] == one.outputs[0].seed


def test_colour_words_are_understood_and_negative_ones_avoided(seeded) -> None:
    status = finished(request_of("builtin/still", prompt="a green field", size="64x64"))
    red, green, blue = opened(status).convert("RGB").resize((1, 1)).tobytes()
    assert green > red
    assert green > blue
    assert status.returned["words"] == ["green"]
    avoided = finished(request_of("builtin/still", prompt="green", negative_prompt="green", size="64x64"))
    assert avoided.returned["words"] == []


def test_a_batch_makes_several_with_consecutive_seeds(seeded) -> None:
    status = finished(request_of("builtin/still", prompt="a", size="64x64", batch=3, seed=7))
    assert [output.seed for output in status.outputs] == [7, 8, 9]
    assert len({output.data for output in status.outputs}) == 3


def test_loops_move_and_tunes_sound(seeded) -> None:
    loop = opened(finished(request_of("builtin/loop", prompt="sea", size="64x64", duration=1, fps=5)))
    assert (loop.format, getattr(loop, "n_frames", 1)) == ("GIF", 5)
    tune = finished(request_of("builtin/tune", prompt="sad", duration=1))
    with wave.open(io.BytesIO(tune.outputs[0].data)) as file:
        assert file.getnframes() / file.getframerate() == pytest.approx(1, abs=0.01)
        assert any(file.readframes(1000))
    assert tune.returned["scale"] == "minor"


def test_pictures_are_worked_on(seeded, tmp_path) -> None:
    path = tmp_path / "in.png"
    Image.new("RGB", (32, 16), "white").save(path)
    files = {"image": InputFile(path, "image/png")}
    assert opened(finished(request_of("builtin/enlarge", files, init_image=1, scale=3))).size == (96, 48)
    painted = finished(request_of("builtin/recolor", files, prompt="blue", init_image=1, strength=1))
    assert opened(painted).size == (32, 16)


def test_a_call_can_be_cancelled(seeded) -> None:
    references = [CLIENT.submit(request_of("builtin/still", prompt="a", size="1024x1024", batch=4)) for _ in range(4)]
    for reference in references:
        CLIENT.cancel(reference)
    deadline = time.monotonic() + 60
    while any(CLIENT.poll(one).state in (CallState.QUEUED, CallState.RUNNING) for one in references):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert all(CLIENT.poll(one).state is CallState.CANCELLED for one in references)


def test_a_lost_call_is_free_to_send_again() -> None:
    with pytest.raises(ProviderError) as failure:
        CLIENT.poll({"job": "of a process that died"})
    assert (failure.value.category, failure.value.charged) == (ErrorCategory.TRANSIENT, False)


def test_an_input_that_is_no_picture_is_refused(seeded, tmp_path) -> None:
    path = tmp_path / "in.png"
    path.write_bytes(b"not a picture")
    with pytest.raises(ProviderError) as failure:
        finished(request_of("builtin/enlarge", {"image": InputFile(path, "image/png")}, init_image=1))
    assert failure.value.category is ErrorCategory.VALIDATION
