"""Webhooks out: signed, told once, tried again from the outbox, only to where anybody may be told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from domains.integration.services.webhook_service import GIVEN_UP, PAUSES, sign
from shared.api.routing import subscribe_handlers
from shared.config.settings import Settings
from shared.database.connection import Database
from shared.database.models import WebhookDelivery, WebhookEndpoint
from shared.database.words import JobState
from shared.events.event_bus import bus
from shared.jobs.worker import empty_outbox
from tests.makers import make_item
from tests.people import Person
from tests.work import work_off

pytestmark = pytest.mark.integration
URL = "/api/v1/webhooks"


class Receiver:
    """Takes deliveries and answers with `status`."""

    def __init__(self) -> None:
        self.status, self.taken = 204, list[tuple[dict[str, str], bytes]]()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.taken.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(receiver.status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Stay quiet."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()
    thread = threading.Thread(target=found.server.serve_forever, args=(0.05,))
    thread.start()
    yield found
    found.server.shutdown()
    thread.join()
    found.server.server_close()


@pytest.fixture
def open_to(app: FastAPI, settings: Settings, receiver: Receiver) -> Iterator[Settings]:
    """Settings that list the receiver; the app has them too, and the handlers listen."""
    kept = {pattern: list(handlers) for pattern, handlers in bus._handlers.items()}
    subscribe_handlers()
    app.state.settings = settings.model_copy(
        update={"webhook_hosts": [receiver.url], "provider_networks": ["127.0.0.0/8"]}
    )
    yield app.state.settings
    app.state.settings = settings
    if kept:
        bus._handlers.clear()
        bus._handlers.update(kept)


async def hook(person: Person, receiver: Receiver, *kinds: str) -> dict[str, Any]:
    made = await person.post(URL, {"url": f"{receiver.url}/hook?key=k", "event_types": list(kinds)})
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.json()
    return found


async def test_an_event_is_told_once_and_signed(
    worker: Person, session: AsyncSession, database: Database, receiver: Receiver, open_to: Settings
) -> None:
    made = await hook(worker, receiver, "inventory.*")
    assert "key=k" not in json.dumps((await worker.get(URL)).json()) + json.dumps(
        {k: made[k] for k in made if k != "secret"}
    )
    item = await make_item(session)
    await worker.patch(f"/api/v1/inventory/items/{item.id}", {"status": "sold"})
    await session.execute(text("UPDATE logging.event_store SET published_at = NULL WHERE domain = 'inventory'"))
    await session.commit()
    await empty_outbox(database)
    await session.execute(text("UPDATE logging.event_store SET published_at = NULL WHERE domain = 'inventory'"))
    await session.commit()
    await empty_outbox(database)
    await work_off(open_to, database)
    headers, body = receiver.taken.pop()
    assert not receiver.taken
    told = json.loads(body)
    assert (told["type"], told["data"]["new_status"]) == ("inventory.inventory_updated", "sold")
    at = int(headers["webhook-timestamp"])
    assert abs(at - datetime.now(UTC).timestamp()) < 60
    assert headers["webhook-signature"] == sign(made["secret"], headers["webhook-id"], at, body)
    assert headers["webhook-id"] == told["id"]
    sent = (await worker.get(f"{URL}/{made['id']}/deliveries")).json()
    assert [(row["state"], row["attempt"], row["status_code"]) for row in sent] == [("done", 1, 204)]


async def test_what_is_not_taken_is_tried_again_and_given_up_in_the_end(
    worker: Person, session: AsyncSession, database: Database, receiver: Receiver, open_to: Settings
) -> None:
    made = await hook(worker, receiver)
    receiver.status = 503
    await worker.post(f"{URL}/{made['id']}/ping")
    await work_off(open_to, database)
    row = (await session.scalars(select(WebhookDelivery))).one()
    assert (row.state, row.status_code) == (JobState.QUEUED, 503)
    assert timedelta(seconds=1) < row.next_at - datetime.now(UTC) <= timedelta(seconds=PAUSES[0])
    from shared.repositories.jobs import JobRepository

    for attempt, failures, state in ((1, 0, JobState.DONE), (len(PAUSES), GIVEN_UP - 1, JobState.FAILED)):
        receiver.status = 200 if state is JobState.DONE else 500
        await session.execute(
            update(WebhookDelivery).values(
                state=JobState.QUEUED, attempt=attempt, next_at=datetime.now(UTC) - timedelta(seconds=1)
            )
        )
        await session.execute(update(WebhookEndpoint).values(failures=failures))
        await session.commit()
        async with database.unit() as unit:
            await JobRepository(unit).ask("integration.deliver_webhooks", {})
        await work_off(open_to, database)
        await session.refresh(row)
        assert row.state is state
        await session.execute(text("UPDATE core.jobs SET idempotency_key = NULL"))
        await session.commit()
    assert not (await worker.get(URL)).json()[0]["is_active"]
    assert len({headers["webhook-id"] for headers, _ in receiver.taken}) == 1
