"""Logs: the files the documents name, rotated, and the console."""

import logging
from pathlib import Path
from typing import Any

import structlog

from printer_inventory.settings.environment import BASE_DIR, env

LOG_LEVEL = env.str("LOG_LEVEL", default="INFO").upper()
LOG_DIR = Path(env.str("LOG_DIR", default=str(BASE_DIR / "logs")))
LOG_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)


class NoTicks(logging.Filter):
    """Drops beat's line about each message it sends."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let everything else through."""
        return not str(record.msg).startswith("Scheduler: Sending due task")


def rotating(name: str, level: str, megabytes: int, copies: int) -> dict[str, object]:
    """Return a rotating file handler below the log folder."""
    return {
        "class": "logging.handlers.RotatingFileHandler",
        "filename": str(LOG_DIR / name),
        "maxBytes": megabytes * 1024 * 1024,
        "backupCount": copies,
        "level": level,
        "formatter": "line",
        "filters": ["request_id"],
        "delay": True,
        "encoding": "utf-8",
    }


def json_lines() -> dict[str, object]:
    """Return the formatter that writes one JSON object per line: time, level, logger, request id, message, traceback."""
    return {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": [
            structlog.stdlib.add_logger_name,
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.stdlib.ExtraAdder(allow=["request_id"]),
        ],
        "processors": [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.dict_tracebacks,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    }


LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "request_id": {"()": "webshell.logging.RequestIdFilter"},
        "no_ticks": {"()": "printer_inventory.settings.logs.NoTicks"},
    },
    "formatters": {
        "line": {
            "()": "webshell.logging.OneLineFormatter",
            "format": "{asctime} {levelname} {name} [{request_id}] {message}",
            "style": "{",
        },
        "json": json_lines(),
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request_id"]},
        "django_file": rotating("django.log", "INFO", 10, 5),
        "errors_file": rotating("errors.log", "ERROR", 10, 5),
        "celery_file": rotating("celery.log", "INFO", 20, 5),
        "redis_file": rotating("redis.log", "WARNING", 5, 2),
        "keycloak_file": rotating("keycloak_auth.log", "INFO", 5, 3),
    },
    "root": {"handlers": ["console", "django_file", "errors_file"], "level": LOG_LEVEL},
    "loggers": {
        "celery": {"handlers": ["console", "celery_file", "errors_file"], "level": LOG_LEVEL, "propagate": False},
        # One line per tick and message would bury what happened; the tasks log what they did.
        "celery.beat": {"filters": ["no_ticks"]},
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.worker.request": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "inventory.tasks": {
            "handlers": ["console", "celery_file", "errors_file"],
            "level": LOG_LEVEL,
            "propagate": False,
        },
        "redis": {"handlers": ["redis_file"], "level": "WARNING", "propagate": False},
        "access": {"handlers": ["console", "keycloak_file", "errors_file"], "level": LOG_LEVEL, "propagate": False},
        "axes": {"handlers": ["console", "keycloak_file", "errors_file"], "level": "WARNING", "propagate": False},
        "django.server": {"handlers": ["console"], "level": "INFO", "propagate": False},
    },
}
if env.bool("LOG_JSON", default=True):
    # Everything that goes into any of the files the documents name goes into this one as well.
    LOGGING["handlers"]["json_file"] = {**rotating("app.json.log", "INFO", 20, 5), "formatter": "json"}
    for logger in (LOGGING["root"], *LOGGING["loggers"].values()):
        if any(name.endswith("_file") for name in logger.get("handlers", [])):
            logger["handlers"] = [*logger["handlers"], "json_file"]
