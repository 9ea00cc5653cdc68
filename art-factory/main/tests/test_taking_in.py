"""Commands that take in, give out and look after: import, export, doctor, budget, upkeep."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from eztaskmanager.models import Task

from main.metadata import embed
from main.models import Order, OrderItem, Product, Project, Provider
from main.services.maintenance import CHORES, bootstrap_tasks, is_due
from main.services.orders import Wish, place
from main.services.store import thumbnail_path
from main.tests.test_commands import told
from main.tests.test_metadata import A1111, MAKING, SIMPLE, with_text


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Pictures of others, among what is none."""
    root = tmp_path / "pictures"
    (root / "deeper").mkdir(parents=True)
    (root / "a.png").write_bytes(with_text(parameters=A1111))
    (root / "deeper" / "b.jpg").write_bytes(embed(SIMPLE["jpeg"], MAKING))
    (root / "evil.png").write_bytes(b"<svg onload=alert(1)>")
    (root / "broken.png").write_bytes(SIMPLE["png"][:80])
    (root / "link.png").symlink_to("/etc/hostname")
    return root


def test_importing(seeded, folder: Path) -> None:
    would = told("import_images", str(folder), "--dry-run", "--project", "Found")
    assert Product.objects.count() == Project.objects.count() == 0
    assert len(would["files"]) == 4
    found = told("import_images", str(folder), "--project", "Found", "--dedupe")
    assert found["counts"] == {"imported": 2, "refused": 2}
    product = Product.objects.get(title="a")
    assert (product.generator_kind, product.seed, product.machine_name) == ("import", 42, "sd_xl_base_1.0")
    assert product.prompt.startswith("a cat, (masterpiece:1.2)")
    assert product.project is not None
    assert product.project.product_count == 2
    assert thumbnail_path(product.uuid, 320).is_file()
    again = told("import_images", str(folder), "--project", str(product.project_id), "--dedupe", "--flat")
    assert again["counts"] == {"there already": 1, "refused": 2}
    with pytest.raises(CommandError, match="no folder"):
        call_command("import_images", str(folder / "a.png"))
    with pytest.raises(CommandError, match="no project"):
        call_command("import_images", str(folder), "--project", "999")


def test_a_page_of_an_import_shows_hostile_words_as_words(seeded, tmp_path: Path, client: Client) -> None:
    evil = "<script>alert(1)</script>"
    (tmp_path / "x.png").write_bytes(
        with_text(parameters=f"{evil}\nSteps: 5, Model: {evil}, Seed: 99999999999999999999")
    )
    call_command("import_images", str(tmp_path), stdout=io.StringIO())
    page = client.get(Product.objects.get().get_absolute_url()).content.decode()
    assert evil not in page
    assert "imported" in page.lower()


def test_exporting_a_project(still, tmp_path: Path) -> None:
    project = Project.objects.create(name="Harbour")
    place(Wish(still, "[red,blue] cat", parameters={"size": "64x64"}, project=project))
    told("process_pending_orders")
    target = tmp_path / "out.zip"
    assert told("export_project", str(project.pk), str(target))["products"] == 2
    with zipfile.ZipFile(target) as archive:
        names = [name for name in archive.namelist() if name.startswith("files/")]
        assert all(b"artfactory" in archive.read(name) for name in names)
    with pytest.raises(CommandError, match="--overwrite"):
        call_command("export_project", str(project.pk), str(target))
    told("export_project", str(project.pk), str(target), "--overwrite", "--plain")
    with zipfile.ZipFile(target) as archive:
        assert all(b"artfactory" not in archive.read(name) for name in names)
    with pytest.raises(CommandError, match="no project"):
        call_command("export_project", "999", str(tmp_path / "no.zip"))
    assert list(tmp_path.glob(".*zip*")) == []


def test_thumbnails_are_made_again(still) -> None:
    place(Wish(still, "[red,blue] cat", parameters={"size": "64x64"}))
    told("process_pending_orders")
    product = Product.objects.all()[0]
    thumbnail_path(product.uuid, 320).unlink()
    assert told("rebuild_thumbnails", "--missing") == {"pictures": 1}
    assert told("rebuild_thumbnails") == {"pictures": 2}
    assert thumbnail_path(product.uuid, 320).is_file()


def test_the_budget(seeded) -> None:
    assert told("budget", "--per-day", "7.5")["per_day"] == "7.5"
    assert told("budget")["per_day"] == "7.5"
    for bad in ("-1", "x", "NaN", "1e9"):
        with pytest.raises(CommandError):
            call_command("budget", f"--per-day={bad}")


def test_orphans_are_freed(still) -> None:
    order = place(Wish(still, "cat", parameters={"size": "64x64"}))
    Order.objects.update(status="processing")
    assert told("fix_orphaned_orders", "--dry-run")["orders"] == 0
    assert told("fix_orphaned_orders")["orders"] == 1
    order.refresh_from_db()
    assert order.status == "pending"
    assert OrderItem.objects.get().status == "pending"


def test_the_doctor_finds_what_is_wrong(services, settings, tmp_path: Path) -> None:
    settings.KEY_FILE = str(tmp_path / "key")
    bootstrap_tasks()
    found = {one["name"]: one["verdict"] for one in told("doctor", "--call")}
    assert found["provider fal"] == found["database"] == found["migrations"] == found["upkeep"] == "ok"
    Path(settings.KEY_FILE).write_bytes(b"x")
    Path(settings.KEY_FILE).chmod(0o644)
    settings.FAL_KEY = "wrong:key"
    Provider.objects.update(circuit="closed")
    out = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("doctor", "--call", stdout=out)
    assert "failed   key file: others can read" in out.getvalue()
    assert "failed   provider fal" in out.getvalue()


def test_maintenance_is_seeded_once_and_visible_in_the_admin(db, admin_client: Client) -> None:
    call_command("load_seed_data", stdout=io.StringIO())
    assert set(Task.objects.values_list("name", flat=True)) == {chore.name for chore in CHORES}
    assert Task.objects.filter(next_due__isnull=False).count() == len(CHORES)
    Task.objects.filter(name="Back up").update(paused=True)
    assert bootstrap_tasks() == []
    assert Task.objects.get(name="Back up").paused
    page = admin_client.get("/admin/eztaskmanager/task/").content.decode()
    assert "Sweep orphans" in page
    assert not is_due()
