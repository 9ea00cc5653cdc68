"""The sentences that `inventory.rules.sentences` knows: those of engines, of spreadsheets and of the judges of their rows.

`inventory/tests/test_sentences.py` reads the modules that say them and refuses one that is missing here.
"""

from __future__ import annotations

from typing import Final


def gettext_noop(text: str) -> str:
    """Mark a text for the catalogs; rules know no Django."""
    return text


POLLS: Final = (
    gettext_noop("%(address)s is no numeric address with a port from 1 to 65535. Correct the address."),
    gettext_noop("%(address)s is to be polled with SNMPv3, but no user is given. Add the credentials."),
    gettext_noop("%(address)s is being polled under another spelling. Keep one entry per printer."),
    gettext_noop("%(address)s answers SNMP but is no printer (%(what)s). Correct the address, or retire this entry."),
    gettext_noop("%(address)s keeps answering without an end. Update its firmware, or poll it with SNMP version 1."),
    gettext_noop("%(address)s needed more than %(seconds)s s to answer. Poll it less often, or look at its network."),
    gettext_noop(
        "%(address)s answered something that could not be understood. Record a walk of it and report it with its model."
    ),
    gettext_noop(
        "%(asked)s was asked, but %(answering)s answered: a printer with several addresses, or a translator in between. "
        "Poll it at the address that answers, or list that address with the printer."
    ),
    gettext_noop(
        "%(address)s sends answers that are no SNMP answers to our requests. Update its firmware or network card."
    ),
    gettext_noop(
        "%(address)s port %(port)s stopped answering (%(version)s, %(count)s tries). "
        "Check that it is switched on and reachable, that SNMP is enabled, and that the community is right."
    ),
    gettext_noop(
        "%(address)s port %(port)s stopped answering (%(version)s, %(count)s try). "
        "Check that it is switched on and reachable, that SNMP is enabled, and that the community is right."
    ),
    gettext_noop(
        "%(address)s port %(port)s does not answer (%(version)s, %(count)s tries). "
        "Check that it is switched on and reachable, that SNMP is enabled, and that the community is right."
    ),
    gettext_noop(
        "%(address)s port %(port)s does not answer (%(version)s, %(count)s try). "
        "Check that it is switched on and reachable, that SNMP is enabled, and that the community is right."
    ),
    gettext_noop("There is no way to %(address)s from here. Check the address, the route and the VPN of its site."),
    gettext_noop(
        "%(address)s is there, but nothing listens on UDP port %(port)s. "
        "Enable SNMP in the printer's settings, or correct the port."
    ),
    gettext_noop("The poll was stopped before the printer had answered. Poll it again."),
    gettext_noop(
        "%(address)s lies outside PRINTER_NETWORKS; nothing was sent. Add its network to the settings, or correct the address."
    ),
    gettext_noop("The device did not answer."),
    gettext_noop("The device answered but gave no page counter."),
    gettext_noop("The device gives neither a serial number nor a MAC address."),
    gettext_noop("%(count)s workers in a row stopped without an answer; the next due time tries again."),
    gettext_noop("Another worker is polling this printer, or nobody has asked for it."),
    gettext_noop("Stopped before it started."),
)
WEB: Final = (
    gettext_noop("No web rules are set for this printer. Teach the system its page, or apply a template of its model."),
    gettext_noop(
        "This page needs a browser, and none is installed on the worker: install Chromium (Debian: apt install chromium)."
    ),
    gettext_noop("This page needs a browser, which is switched off here (WEB_BROWSER)."),
    gettext_noop("%(page)s asks for a user and a password (%(status)s); store them at the printer."),
    gettext_noop("%(page)s refuses the stored user and password (%(status)s); correct them at the printer."),
    gettext_noop("%(page)s answers with status %(status)s; look at the printer's web page."),
    gettext_noop("%(page)s is larger than %(limit)s bytes."),
    gettext_noop("%(page)s was not complete after %(seconds)s s."),
    gettext_noop("The browser was not done after %(seconds)s s."),
    gettext_noop("Step %(number)s (%(step)s) found nothing within %(seconds)s s."),
    gettext_noop("The printer has no page %(page)s (404); correct the rule's path."),
    gettext_noop("%(address)s does not take connections on port %(port)s."),
)
CELLS: Final = (
    gettext_noop("%(column)s is empty."),
    gettext_noop("The formula in %(column)s has failed."),
    gettext_noop("Correct it, or type the value."),
    gettext_noop("The text has %(count)s characters; %(limit)s are allowed."),
    gettext_noop("%(cell)s is a number that lost its last digits."),
    gettext_noop("Format the column as text and type it anew."),
    gettext_noop("%(cell)s is no whole number."),
    gettext_noop("%(cell)s must be at least %(least)s and at most %(most)s."),
    gettext_noop("%(cell)s must be at least %(least)s."),
    gettext_noop("%(cell)s must be at most %(most)s."),
    gettext_noop("%(cell)s can be read in two ways."),
    gettext_noop("Write %(one)s or %(other)s."),
    gettext_noop("%(cell)s is no number."),
    gettext_noop("%(cell)s is a date."),
    gettext_noop("Format the cell as a number."),
    gettext_noop("The number has too many digits."),
    gettext_noop("%(cell)s is no month."),
    gettext_noop("%(cell)s is no date."),
    gettext_noop("Write it as %(example)s."),
    gettext_noop("%(cell)s is neither yes nor no."),
    gettext_noop("%(cell)s is not known."),
    gettext_noop("Known: %(values)s."),
    gettext_noop("%(cell)s is a formula. Put its value there."),
    gettext_noop("%(cell)s is no IP address."),
    gettext_noop("Write it like 10.4.0.12."),
    gettext_noop("%(cell)s is no MAC address."),
    gettext_noop("Write twelve hexadecimal digits."),
    gettext_noop("The same stands in row %(row)s of %(file)s."),
    gettext_noop("Row %(row)s has the same serial number."),
)
FILES: Final = (
    gettext_noop("The header lacks: %(titles)s."),
    gettext_noop("Add these columns, or correct their titles."),
    gettext_noop("Columns %(letters)s have the same meaning."),
    gettext_noop("Delete or rename all but one."),
    gettext_noop("None of the first %(count)s rows is a header."),
    gettext_noop("A header has: %(titles)s."),
    gettext_noop("The table has a header but no rows."),
    gettext_noop("Fill in a printer per row."),
    gettext_noop("Fill in a row per device."),
    gettext_noop("The file is empty."),
    gettext_noop("Upload the file with its rows."),
    gettext_noop("The file is over %(size)s MiB."),
    gettext_noop("Split it."),
    gettext_noop("The file is neither an Excel workbook nor text."),
    gettext_noop("The file is a web page or XML, no table."),
    gettext_noop("The file is in the format of Excel 97-2003."),
    gettext_noop("Open it in Excel or LibreOffice and save it as .xlsx or .csv."),
    gettext_noop("The workbook is locked by a password."),
    gettext_noop("The file is locked by a password."),
    gettext_noop("Save it without a password."),
    gettext_noop("The file ends too early; it was probably not copied whole."),
    gettext_noop("Upload it again."),
    gettext_noop("The archive holds no Excel workbook that can be read."),
    gettext_noop("Save it as .xlsx or .csv."),
    gettext_noop("Open it in Excel and save it anew as .xlsx."),
    gettext_noop("The text is not in %(encoding)s, from about line %(line)s on."),
    gettext_noop("Save it as CSV UTF-8."),
)
ROWS: Final = (
    gettext_noop("The same serial number stands in %(twin)s."),
    gettext_noop("There is no organization %(name)s. Add it first, or correct the name."),
    gettext_noop("There is no organization %(name)s. Make it first, or correct the name."),
    gettext_noop("There is no status %(name)s. Add it first, or correct the name."),
    gettext_noop("There is no provider %(name)s. Add it first, or correct the name."),
    gettext_noop("The city %(name)s is made."),
    gettext_noop("There is no city %(name)s; let missing cities be made."),
    gettext_noop("The model %(name)s is made."),
    gettext_noop("There is no manufacturer %(name)s. Add it, or let missing models be made."),
    gettext_noop("%(maker)s has no model %(name)s. Add it, or let missing models be made."),
    gettext_noop("The inventory's printer is linked to it."),
    gettext_noop("Until now it is under contract with %(name)s. Apply the row to move it."),
    gettext_noop("%(count)s other organizations have this serial number. Clear that up first."),
    gettext_noop("Without a serial number the device cannot be told from others. Fill it in."),
    gettext_noop("Row %(row)s has the same address."),
    gettext_noop("Row %(row)s has the same MAC address."),
    gettext_noop("%(address)s lies outside PRINTER_NETWORKS and would never be asked."),
    gettext_noop("%(serial)s is no serial number; the printer's own answer will tell it."),
    gettext_noop("Taken for %(model)s."),
    gettext_noop("Several models of the catalogue fit; the printer's own answer will decide."),
    gettext_noop("This model is made in the catalogue."),
    gettext_noop("The catalogue has no such model; the printer's own answer will name it."),
    gettext_noop("%(count)s printers in use have this serial number. Clear that up first."),
    gettext_noop("The printer at this address is %(serial)s. Retire it, or correct the row."),
    gettext_noop("This serial number is at %(name)s, and another printer has this address."),
    gettext_noop("The printer %(name)s has this MAC address."),
    gettext_noop("Until now it was at %(name)s."),
    gettext_noop("Without a serial or inventory number the row is known by its number only, and no poll can fill it."),
    gettext_noop("This model has no such counter; %(value)s is left out."),
    gettext_noop("This row of the device bills %(part)s only; the figure belongs on its other row."),
    gettext_noop("Two earlier rows have this device already, one for A4 and one for A3."),
    gettext_noop("The counter at the end is lower than at the start."),
    gettext_noop("The month has this device as %(parts)s. Import all its rows, or replace the month."),
    gettext_noop("Neither the model's ID nor its name is given."),
    gettext_noop("There is no such model."),
    gettext_noop("Several makers have this model; name the maker."),
    gettext_noop("Row %(row)s says the same."),
    gettext_noop("There is no column for the model."),
    gettext_noop("Add ID модели, or Модель."),
    gettext_noop("There is no model with the ID %(id)s."),
    gettext_noop("The model with the ID %(id)s has another name."),
)
SENTENCES: Final = (*POLLS, *WEB, *CELLS, *FILES, *ROWS)
