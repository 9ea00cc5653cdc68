"""Settings of Printer Inventory: every value comes from the environment, from `.env` beside `manage.py`, or from what
`make up` left behind, in this order; `.env.example` lists them all.
"""

from printer_inventory.settings.access import *
from printer_inventory.settings.base import *
from printer_inventory.settings.glpi import *
from printer_inventory.settings.inventory import *
from printer_inventory.settings.logs import *
from printer_inventory.settings.mail import *
from printer_inventory.settings.maintenance import *
from printer_inventory.settings.services import *
