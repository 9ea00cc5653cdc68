"""PostgreSQL, Redis (caches 0-2, broker 3), Celery and Channels."""

from datetime import timedelta
from urllib.parse import quote

from celery.schedules import crontab
from kombu import Queue

from printer_inventory.settings.environment import env

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": env.str("DB_NAME", default="printer_inventory"),
        "USER": env.str("DB_USER", default="postgres"),
        "PASSWORD": env.str("DB_PASSWORD", default=""),
        "HOST": env.str("DB_HOST", default="localhost"),
        "PORT": env.str("DB_PORT", default="5432"),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
}

REDIS_HOST = env.str("REDIS_HOST", default="localhost")
REDIS_PORT = env.int("REDIS_PORT", default=6379)
REDIS_PASSWORD = env.str("REDIS_PASSWORD", default="")
REDIS_DB = env.int("REDIS_DB", default=0)
REDIS_SESSION_DB = env.int("REDIS_SESSION_DB", default=REDIS_DB + 1)
REDIS_INVENTORY_DB = env.int("REDIS_INVENTORY_DB", default=REDIS_DB + 2)
REDIS_BROKER_DB = env.int("REDIS_BROKER_DB", default=REDIS_DB + 3)


def redis_url(database: int) -> str:
    """Return the address of one numbered Redis database."""
    secret = f":{quote(REDIS_PASSWORD, safe='')}@" if REDIS_PASSWORD else ""
    return f"redis://{secret}{REDIS_HOST}:{REDIS_PORT}/{database}"


def redis_cache(database: int, lifetime: timedelta) -> dict[str, object]:
    """Return a cache that answers "nothing stored" while Redis is away, so that pages go on."""
    return {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": redis_url(database),
        "TIMEOUT": int(lifetime.total_seconds()),
        "OPTIONS": {
            "CLIENT_CLASS": "django_redis.client.DefaultClient",
            "IGNORE_EXCEPTIONS": True,
            "SOCKET_CONNECT_TIMEOUT": 0.5,
            "SOCKET_TIMEOUT": 2,
        },
    }


CACHES = {
    "default": redis_cache(REDIS_DB, timedelta(minutes=15)),
    "sessions": redis_cache(REDIS_SESSION_DB, timedelta(days=7)),
    "inventory": redis_cache(REDIS_INVENTORY_DB, timedelta(minutes=30)),
}
DJANGO_REDIS_LOG_IGNORED_EXCEPTIONS = True
DJANGO_REDIS_LOGGER = "redis.cache"

# Written to the database and to Redis, read from Redis: nobody is logged out when Redis restarts.
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_CACHE_ALIAS = "sessions"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 7

CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [redis_url(REDIS_DB)], "prefix": f"printer-inventory-{REDIS_DB}"},
    }
}

CELERY_BROKER_URL = redis_url(REDIS_BROKER_DB)
CELERY_RESULT_BACKEND = redis_url(REDIS_BROKER_DB)
CELERY_RESULT_EXPIRES = timedelta(hours=1)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TIMEZONE = env.str("CELERY_TIMEZONE", default="Asia/Irkutsk")
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 200
CELERY_TASK_SOFT_TIME_LIMIT = 600
CELERY_TASK_TIME_LIMIT = 900
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 1, "socket_timeout": 30, "visibility_timeout": 1800}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# A worker for which messages wait so long, while it has no work and takes none, starts itself anew; 0: never.
WORKER_DEAF_SECONDS = env.float("WORKER_DEAF_SECONDS", default=60)
CELERY_TASK_QUEUES = (
    Queue("high_priority", routing_key="high"),
    Queue("low_priority", routing_key="low"),
    Queue("daemon", routing_key="daemon"),
    Queue("exports", routing_key="exports"),
)
CELERY_TASK_DEFAULT_QUEUE = "low_priority"
CELERY_TASK_DEFAULT_ROUTING_KEY = "low"
CELERY_TASK_ROUTES = {
    "inventory.tasks.run_inventory_task_priority": {"queue": "high_priority"},
    "inventory.tasks.inventory_daemon_task": {"queue": "daemon"},
    "inventory.tasks.run_exports": {"queue": "exports"},
}

POLL_TICK_SECONDS = env.int("POLL_TICK_SECONDS", default=10)
CELERY_BEAT_SCHEDULE = {
    "inventory-daemon": {
        "task": "inventory.tasks.inventory_daemon_task",
        "schedule": timedelta(seconds=POLL_TICK_SECONDS),
        # A tick that could not start before the next one is worth nothing: due printers are found by the next.
        "options": {"queue": "daemon", "expires": POLL_TICK_SECONDS},
    },
    "agent-sweep": {
        "task": "inventory.tasks.run_agent_sweep",
        "schedule": timedelta(seconds=60),
        "options": {"queue": "low_priority", "expires": 60},
    },
    "web-sweep": {
        "task": "inventory.tasks.run_web_sweep",
        "schedule": timedelta(seconds=15),
        "options": {"queue": "low_priority", "expires": 15},
    },
    "discoveries": {
        # Searches are started when they are asked for; this finds those whose worker died or whose message was lost.
        "task": "inventory.tasks.run_discoveries",
        "schedule": timedelta(seconds=30),
        "options": {"queue": "low_priority", "expires": 30},
    },
    "exports": {
        # Started when asked for; this finds those whose worker died or whose message was lost.
        "task": "inventory.tasks.run_exports",
        "schedule": timedelta(seconds=30),
        "options": {"queue": "exports", "expires": 30},
    },
    "watch": {
        "task": "inventory.tasks.watch_polling",
        "schedule": timedelta(seconds=60),
        "options": {"queue": "low_priority", "expires": 60},
    },
    "sync-months": {
        # Open months follow the polls within a minute, whatever the page that shows them.
        "task": "monthly_report.tasks.sync_months",
        "schedule": timedelta(seconds=60),
        "options": {"queue": "low_priority", "expires": 60},
    },
    "mail-month": {
        "task": "monthly_report.tasks.mail_month_before",
        "schedule": timedelta(hours=1),
        "options": {"queue": "low_priority", "expires": 3600},
    },
    "glpi-export": {
        # It is worked on when it is asked for; this finds one whose worker died or whose message was lost.
        "task": "monthly_report.tasks.run_glpi_export",
        "schedule": timedelta(seconds=30),
        "options": {"queue": "low_priority", "expires": 30},
    },
    # Imports are worked on when they are asked for; this finds those whose worker died or whose message was lost.
    "contract-imports": {
        "task": "contracts.tasks.run_imports",
        "schedule": timedelta(seconds=30),
        "options": {"queue": "low_priority", "expires": 30},
    },
    "autopoll-candidates": {
        "task": "contracts.tasks.run_autopoll",
        "schedule": timedelta(seconds=30),
        "options": {"queue": "low_priority", "expires": 30},
    },
    "count-days": {
        # Whole days once, today again: pages over months read what was counted.
        "task": "dashboard.tasks.count_days",
        "schedule": timedelta(minutes=10),
        "options": {"queue": "low_priority", "expires": 600},
    },
    "watch-fleet": {
        "task": "dashboard.tasks.watch_fleet",
        "schedule": timedelta(seconds=60),
        "options": {"queue": "low_priority", "expires": 60},
    },
    "supplies-mails": {
        "task": "dashboard.tasks.write_supplies_mails",
        "schedule": timedelta(seconds=60),
        "options": {"queue": "low_priority", "expires": 60},
    },
    "deliveries": {
        # Mails and webhooks are sent when they are written; this finds what was put off, and those whose worker died.
        "task": "outbox.tasks.deliver",
        "schedule": timedelta(seconds=30),
        "options": {"queue": "low_priority", "expires": 30},
    },
    "link-new-devices": {
        "task": "contracts.tasks.link_new_devices",
        "schedule": timedelta(seconds=60),
        "options": {"queue": "low_priority", "expires": 60},
    },
    "auto-link-devices-daily": {
        "task": "contracts.tasks.auto_link_devices_task",
        "schedule": crontab(hour=4, minute=0),
        "options": {"queue": "low_priority"},
    },
    "cleanup-old-data-daily": {
        "task": "inventory.tasks.cleanup_old_inventory_data",
        "schedule": crontab(hour=3, minute=0),
        "options": {"queue": "low_priority"},
    },
}
CELERY_BEAT_SCHEDULE_FILENAME = env.str("CELERY_BEAT_SCHEDULE_FILENAME", default="logs/celerybeat-schedule")
