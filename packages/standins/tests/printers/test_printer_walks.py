"""Recorded devices played as they were recorded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from standins.printers import ControlError, PrinterFleet, ber
from standins.printers.asking import SERIAL, Manager, walk
from standins.printers.walks import another_mac, another_serial, parse_line, read

SHARED = Path(__file__).parents[5] / "shared/snmp/walks"
RECORDING = """\
1.3.6.1.2.1.1.1.0|4|Invented Laser 9, S/N QX77-123456
1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.99999.1
1.3.6.1.2.1.1.3.0|67|1234567
1.3.6.1.2.1.2.2.1.6.1|4|
1.3.6.1.2.1.2.2.1.6.2|4x|00a1b2c3d4e5
1.3.6.1.2.1.4.20.1.1.10.1.2.3|64|10.1.2.3
damaged line
1.3.6.1.2.1.43.10.2.1.4.1.1|65|6git3159
1.3.6.1.2.1.43.5.1.1.17.1|4|QX77-123456
1.3.6.1.2.1.43.10.2.1.5.1.1|65|4294967295
1.3.6.1.2.1.43.11.1.1.9.1.10|2|-3
1.3.6.1.2.1.43.11.1.1.9.1.2|2|40
1.3.6.1.2.1.43.11.1.1.6.1.2|4x|ff00fe
1.3.6.1.4.1.99999.5.0|4|node 00A1B2C3D4E5
1.3.6.1.4.1.99999.6.0|70|18446744073709551615
1.3.6.1.4.1.99999.7.0|99|what
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("walks")
    (made / "invented_laser-9.snmprec").write_text(RECORDING)
    (made / "empty.snmprec").write_text("# nothing\n")
    return made


@pytest.fixture(scope="module")
def recorded(folder: Path) -> Iterator[PrinterFleet]:
    with PrinterFleet(walks=str(folder), repeat=3, vary=True) as running:
        yield running


def test_a_recording_answers_object_by_object(recorded: PrinterFleet, manager: Manager) -> None:
    assert len(recorded.printers) == 3
    rows = {oid: (tag, content) for oid, tag, content in walk(manager, recorded.printers[0])}
    assert len(rows) == 13
    assert rows[1, 3, 6, 1, 2, 1, 43, 11, 1, 1, 9, 1, 10] == (ber.INTEGER, b"\xfd")
    assert rows[1, 3, 6, 1, 2, 1, 43, 11, 1, 1, 6, 1, 2] == (ber.OCTET_STRING, b"\xff\x00\xfe")
    assert rows[1, 3, 6, 1, 2, 1, 4, 20, 1, 1, 10, 1, 2, 3] == (ber.IP_ADDRESS, bytes((10, 1, 2, 3)))
    assert rows[1, 3, 6, 1, 2, 1, 43, 10, 2, 1, 5, 1, 1] == (ber.COUNTER32, b"\x00\xff\xff\xff\xff")
    assert rows[1, 3, 6, 1, 4, 1, 99999, 6, 0] == (ber.COUNTER64, b"\x00" + b"\xff" * 8)
    order = [oid[-1] for oid in rows if oid[:-1] == (1, 3, 6, 1, 2, 1, 43, 11, 1, 1, 9, 1)]
    assert order == [2, 10]


def test_copies_have_serial_and_mac_of_their_own_everywhere(recorded: PrinterFleet, manager: Manager) -> None:
    serials, macs = [], []
    for printer in recorded.printers:
        answer = manager.ask(
            printer,
            ber.GET,
            SERIAL,
            (1, 3, 6, 1, 2, 1, 1, 1, 0),
            (1, 3, 6, 1, 2, 1, 2, 2, 1, 6, 2),
            (1, 3, 6, 1, 4, 1, 99999, 5, 0),
        )
        serial, description, mac, node = answer.values
        assert (serial.decode(), mac.hex(":")) == (printer.serial, printer.mac)
        assert description == b"Invented Laser 9, S/N " + serial
        assert node == b"node " + mac.hex().upper().encode()
        serials.append(serial)
        macs.append(mac)
    assert (serials[0], macs[0]) == (b"QX77-123456", bytes.fromhex("00a1b2c3d4e5"))
    assert len(set(serials)) == len(set(macs)) == 3
    assert all(serial.startswith(b"QX") and len(serial) == 11 for serial in serials)


def test_a_recording_cannot_print(recorded: PrinterFleet) -> None:
    with pytest.raises(ControlError, match="recorded"):
        recorded.print_pages(0, 1)
    assert recorded.truth(0)["serial"] == "QX77-123456"


def test_faults_work_on_recordings(recorded: PrinterFleet, manager: Manager) -> None:
    recorded.set_faults(2, texts="script")
    found = manager.ask(recorded.printers[2], ber.GET, (1, 3, 6, 1, 2, 1, 43, 11, 1, 1, 6, 1, 2)).values[0]
    assert found.startswith(b"<script>")
    recorded.set_faults(2)


@pytest.mark.parametrize(
    "line", ["1.3.6|4", "x|4|a", "1.3.6.1|2|ten", "1.3.6.1|4x|zz", "1.3.6.1|5|", "1|2|3", "1.3.6.1|64|1.2.300.4"]
)
def test_a_damaged_line_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_line(line)


def test_copies_differ_but_look_alike() -> None:
    assert len({another_serial(b"AB0012345678", copy) for copy in range(1000)}) == 1000
    assert another_serial(b"ABC", 5) == b"ABC"
    assert len({another_mac(bytes(6), copy) for copy in range(1000)}) == 1000


def test_a_folder_without_recordings_is_refused(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RuntimeError, match="did not start"):
        PrinterFleet(walks=str(tmp_path)).start()
    assert "no recordings" in capfd.readouterr().err


@pytest.mark.skipif(not SHARED.is_dir(), reason="the given walks lie outside the repository")
def test_every_given_walk_is_served_whole(manager: Manager) -> None:
    with PrinterFleet(walks=str(SHARED)) as fleet:
        assert len(fleet.printers) >= 50
        for printer in fleet.printers:
            recording = read(SHARED / f"{printer.device}.snmprec")
            if len(recording.objects) < 1000:
                assert [row[0] for row in walk(manager, printer)] == sorted({oid for oid, _, _ in recording.objects})
