"""How the fleet is polled and how its readings are judged."""

from datetime import timedelta

from printer_inventory.settings.environment import env

POLL_INTERVAL = timedelta(minutes=env.float("POLL_INTERVAL_MINUTES", default=60))
POLL_LEASE = timedelta(seconds=env.int("POLL_LEASE_SECONDS", default=120))
POLL_BATCH_SIZE = env.int("POLL_BATCH_SIZE", default=500)
POLL_MAX_ATTEMPTS = env.int("POLL_MAX_ATTEMPTS", default=3)
POLL_BACKOFF_MAX = timedelta(minutes=env.float("POLL_BACKOFF_MAX_MINUTES", default=240))
SNMP_WINDOW = env.int("SNMP_WINDOW", default=500)
SNMP_SUBNET_WINDOW = env.int("SNMP_SUBNET_WINDOW", default=50)
# Most datagrams per second of a search of networks; a VPN or an old router may want far fewer.
DISCOVERY_PPS = env.int("DISCOVERY_PPS", default=10_000)

# Only addresses in these networks are ever asked, by SNMP or by HTTP.
PRINTER_NETWORKS = env.list("PRINTER_NETWORKS", default=["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"])

ANOMALY_CHECK_TIME_WINDOW = timedelta(hours=env.int("ANOMALY_CHECK_TIME_WINDOW_HOURS", default=24))
ANOMALY_JUMP_THRESHOLD = env.int("ANOMALY_JUMP_THRESHOLD", default=5000)
ANOMALY_FASTEST_PPM = env.int("ANOMALY_FASTEST_PPM", default=150)
ANOMALY_SKIP_CHECK = timedelta(days=env.int("ANOMALY_SKIP_CHECK_DAYS", default=30))

# A rejected reading that comes again unchanged stays refused, without a new question, for so long.
QUARANTINE_QUIET = timedelta(hours=env.float("QUARANTINE_QUIET_HOURS", default=168))

# Nothing read for so long is an alarm, whatever the reason.
NO_SUCCESS_ALARM = timedelta(
    minutes=env.float("NO_SUCCESS_ALARM_MINUTES", default=max(30, POLL_INTERVAL.total_seconds() / 30))
)
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
# Older polls are thinned out to each day's last good reading.
KEEP_ALL_DAYS = env.int("KEEP_ALL_DAYS", default=90)

# The second engine: an installed GLPI Agent or FusionInventory Agent, for printers whose polling method says so, or for all.
POLL_ALL_BY_AGENT = env.bool("POLL_ALL_BY_AGENT", default=False)
GLPI_PATH = env.str("GLPI_PATH", default="")
GLPI_USER = env.str("GLPI_USER", default="")
GLPI_USE_SUDO = env.bool("GLPI_USE_SUDO", default=False)
GLPI_TIMEOUT = env.float("GLPI_TIMEOUT", default=90)
GLPI_WORKERS = env.int("GLPI_WORKERS", default=4)
GLPI_BATCH_SIZE = GLPI_WORKERS * 10
# Each agent asks ten printers in turn: the last of them may wait for nine time-outs.
GLPI_LEASE = timedelta(seconds=GLPI_TIMEOUT * 10 + 60)

# Passwords of printers at rest (inventory/models/encrypted.py): the first key encrypts, all of them decrypt.
FIELD_ENCRYPTION_KEYS = env.list("FIELD_ENCRYPTION_KEYS", default=[])

# End counters of a month that the device itself told so lately are kept from people.
AUTO_LOCK_FRESHNESS = timedelta(days=env.int("AUTO_LOCK_FRESHNESS_DAYS", default=7))

# The company's working week, for clients that have none of their own: a printer's silence counts as downtime only within it.
WORKING_HOURS = env.str("WORKING_HOURS", default="Mo-Fr 09:00-18:00")

# Printers read from their web pages: seconds for a page, printers at once, and the browser for pages that build themselves
# (a program, empty: an installed Chromium; "off": none).
WEB_SECONDS = env.float("WEB_SECONDS", default=15)
WEB_WORKERS = env.int("WEB_WORKERS", default=16)
WEB_BROWSER = env.str("WEB_BROWSER", default="")
WEB_BROWSER_SESSIONS = env.int("WEB_BROWSER_SESSIONS", default=4)
WEB_BATCH_SIZE = WEB_WORKERS * 2
# The last printer of a batch may wait for all the others to be given up in the browser.
WEB_LEASE = timedelta(seconds=600)
