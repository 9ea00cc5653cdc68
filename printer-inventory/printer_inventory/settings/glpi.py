"""The company's GLPI server (REST API), which knows where devices are; the GLPI Agent is another thing (inventory.py)."""

from datetime import timedelta

from printer_inventory.settings.environment import env

GLPI_API_URL = env.str("GLPI_API_URL", default="")
GLPI_APP_TOKEN = env.str("GLPI_APP_TOKEN", default="")
GLPI_USER_TOKEN = env.str("GLPI_USER_TOKEN", default="")
GLPI_USERNAME = env.str("GLPI_USERNAME", default="")
GLPI_PASSWORD = env.str("GLPI_PASSWORD", default="")
GLPI_VERIFY_SSL = env.bool("GLPI_VERIFY_SSL", default=True)
# Where it may be, besides global addresses; its address is typed on a page, so this machine itself is not among them.
GLPI_NETWORKS = env.list("GLPI_NETWORKS", default=["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"])
# Numbers of search options of a printer in GLPI; the label is a field of its plugin Fields, 0: there is none.
GLPI_SERIAL_FIELD_ID = env.int("GLPI_SERIAL_FIELD_ID", default=5)
GLPI_LABEL_SERIAL_FIELD_ID = env.int("GLPI_LABEL_SERIAL_FIELD_ID", default=0)
GLPI_LAST_COUNTER_FIELD_ID = env.int("GLPI_LAST_COUNTER_FIELD_ID", default=12)
# A device that GLPI has heard of within so long is where GLPI says.
AUTOPOLL_FRESHNESS = timedelta(hours=env.float("AUTOPOLL_FRESHNESS_HOURS", default=24))
# How a device that becomes a printer is asked.
AUTOPOLL_SNMP_COMMUNITY = env.str("AUTOPOLL_SNMP_COMMUNITY", default="public")
AUTOPOLL_SNMP_PORT = env.int("AUTOPOLL_SNMP_PORT", default=161)
