"""The API's OpenAPI 3.1 document, made from one table."""

from __future__ import annotations

from typing import Any

from eztaskmanager import __version__

OPERATIONS = (
    ("/tasks/", "get", "List tasks", ("after",), 200, "TaskPage"),
    ("/tasks/{id}/", "get", "Get a task", (), 200, "Task"),
    ("/tasks/{id}/runs/", "post", "Run a task", (), 202, "Run"),
    ("/runs/{id}/", "get", "Get a run", (), 200, "Run"),
    ("/runs/{id}/stop/", "post", "Stop a run", (), 202, "Run"),
    (
        "/runs/{id}/log/",
        "get",
        "Read a run's log",
        ("after", "level", "q"),
        200,
        "LogPage",
    ),
)
TEXT, NUMBER, FLAG = {"type": "string"}, {"type": "integer"}, {"type": "boolean"}
MAYBE_TEXT = {"type": ["string", "null"]}
MAYBE_NUMBER = {"type": ["integer", "null"]}

RUN_BODY = {
    "description": "Other arguments for this once; for those who may change the task.",
    "required": False,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "properties": {"argv": {"type": "array", "items": TEXT}},
            }
        }
    },
}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _list(name: str) -> dict[str, Any]:
    return {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}}


def _schemas() -> dict[str, Any]:
    return {
        "Task": _object(
            id=NUMBER,
            name=TEXT,
            command=TEXT,
            app=TEXT,
            argv={"type": "array", "items": TEXT},
            status=TEXT,
            paused=FLAG,
            next_due=MAYBE_TEXT,
            last_result=MAYBE_TEXT,
        ),
        "TaskPage": _object(tasks=_list("Task"), next=MAYBE_NUMBER),
        "Run": _object(
            id=NUMBER,
            task=NUMBER,
            state={
                **TEXT,
                "enum": ["queued", "running", "done", "failed", "stopped", "lost"],
            },
            stopping=FLAG,
            result=TEXT,
            reason=TEXT,
            exit_code=MAYBE_NUMBER,
            signal=MAYBE_NUMBER,
            attempt=NUMBER,
            started_at=MAYBE_TEXT,
            finished_at=MAYBE_TEXT,
        ),
        "Line": _object(
            id=NUMBER, time=TEXT, level=TEXT, stream=TEXT, logger=TEXT, text=TEXT
        ),
        "LogPage": _object(lines=_list("Line"), more=FLAG),
        "Problem": _object(type=TEXT, title=TEXT, status=NUMBER, detail=TEXT),
    }


def document() -> dict[str, Any]:
    """Return the document."""
    paths: dict[str, dict[str, Any]] = {}
    for path, method, summary, query, status, schema in OPERATIONS:
        parameters = [
            {"name": name, "in": "query", "required": False, "schema": TEXT}
            for name in query
        ]
        if "{id}" in path:
            parameters.append(
                {"name": "id", "in": "path", "required": True, "schema": NUMBER}
            )
        answer = {"schema": {"$ref": f"#/components/schemas/{schema}"}}
        problem = {"schema": {"$ref": "#/components/schemas/Problem"}}
        paths.setdefault(path, {})[method] = {
            **({"requestBody": RUN_BODY} if path == "/tasks/{id}/runs/" else {}),
            "summary": summary,
            "operationId": summary.lower().replace(" ", "_").replace("'s", ""),
            "parameters": parameters,
            "responses": {
                str(status): {
                    "description": summary,
                    "content": {"application/json": answer},
                },
                "default": {
                    "description": "What is wrong",
                    "content": {"application/problem+json": problem},
                },
            },
        }
    bearer = {"token": {"type": "http", "scheme": "bearer"}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "eztaskmanager", "version": __version__},
        "security": [{"token": []}],
        "paths": paths,
        "components": {"schemas": _schemas(), "securitySchemes": bearer},
    }
