"""eztaskmanager, which runs this system's own upkeep (`inventory/services/maintenance.py`)."""

from printer_inventory.settings.environment import env

# The database is the queue: `manage.py ezworker` runs the tasks, also while Redis is away. "Celery" works as well.
EZTASKMANAGER_QUEUE_SERVICE_TYPE = env.str("EZTASKMANAGER_QUEUE_SERVICE_TYPE", default="Database")
EZTASKMANAGER_BASE_URL = env.str("BASE_URL", default="http://localhost:5000")
EZTASKMANAGER_N_REPORTS_INLINE = 20
