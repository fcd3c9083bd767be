"""The HTTP doors as one plain page, made from their OpenAPI: no script, and nothing fetched from anywhere."""

from __future__ import annotations

import json
from html import escape
from typing import Any

STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem;color:#1c1917;"
    "background:#fafaf9}code,pre{font-family:ui-monospace,monospace;font-size:.875rem}pre{overflow:auto;padding:1rem;"
    "background:#e7e5e4}section{border-top:1px solid #a8a29e}"
    "@media(prefers-color-scheme:dark){body{color:#f5f5f4;background:#0c0a09}pre{background:#292524}a{color:#5eead4}}"
)


def api_page(openapi: dict[str, Any]) -> str:
    """The page, as HTML."""
    info = openapi["info"]
    operations = "".join(
        _operation(method, path, operation)
        for path, methods in openapi["paths"].items()
        for method, operation in methods.items()
    )
    models = "".join(
        f"<details id='{escape(name)}'><summary><code>{escape(name)}</code></summary>{_json(schema)}</details>"
        for name, schema in sorted(openapi.get("components", {}).get("schemas", {}).items())
    )
    return (
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{escape(info['title'])}</title>"
        f"<meta name='viewport' content='width=device-width'><style>{STYLE}</style></head><body>"
        f"<h1>{escape(info['title'])}</h1><p>{escape(info['description'])}</p>"
        f"<p><a href='openapi.json'>openapi.json</a></p>{operations}<h2>Models</h2>{models}</body></html>"
    )


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    takes = f"<p>Takes</p>{_json(body)}" if body else ""
    parameters = operation.get("parameters")
    takes += f"<p>Parameters</p>{_json(parameters)}" if parameters else ""
    gives = "".join(
        f"<li><b>{escape(status)}</b> {escape(response.get('description', ''))}</li>"
        for status, response in sorted(operation["responses"].items())
    )
    return (
        f"<section><h2><code>{method.upper()} {escape(path)}</code></h2>"
        f"<p>{escape(operation.get('description', ''))}</p>{takes}<ul>{gives}</ul></section>"
    )


def _json(value: Any) -> str:
    return f"<pre>{escape(json.dumps(value, indent=2, ensure_ascii=False))}</pre>"
