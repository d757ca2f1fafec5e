"""The OpenAPI document: what the framework derives, made to say what is really sent."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

import msgspec
from litestar import Litestar, Router
from litestar._openapi.schema_generation import SchemaCreator
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import OpenAPIType, Schema
from litestar.plugins import OpenAPISchemaPlugin
from litestar.typing import FieldDefinition

_CHANGING: Final = ("post", "put", "patch", "delete")
_INSTANT: Final = {"type": "string", "examples": ["2030-01-31T09:30:00.000Z"]}
_HEADERS: Final = {
    "ETag": {
        "description": "The attempt's revision, which every change makes grow",
        "schema": {"type": "string", "examples": ['"7"']},
    },
    "X-Server-Time": {
        "description": "The server's time: a client counts down from here",
        "schema": _INSTANT,
    },
    "X-Expires-At": {
        "description": "The attempt's deadline; absent while nobody enforces one",
        "schema": _INSTANT,
    },
}
_SCHEMES: Final = {
    "session": {"type": "apiKey", "in": "cookie", "name": "sessionid"},
    "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRFToken"},
}


def document(router: Router, *, title: str, description: str) -> bytes:
    """The document of one facade as JSON. `router` is used up."""
    config = OpenAPIConfig(title=title, version="1", description=description)
    app = Litestar(
        [router], openapi_config=config, logging_config=None, plugins=[_DecimalsAreNumbers()]
    )
    schema: dict[str, Any] = app.openapi_schema.to_schema()
    operations = [
        (method, operation)
        for path in schema["paths"].values()
        for method, operation in path.items()
    ]
    schema["paths"] = {_camel(path): methods for path, methods in schema["paths"].items()}
    schemas = schema["components"]["schemas"]
    schema["components"]["securitySchemes"] = _SCHEMES
    for method, operation in operations:
        _correct(operation, changes=method in _CHANGING)
    for name in _reached(schemas, [operation["responses"] for _, operation in operations]):
        schemas[name].setdefault("additionalProperties", False)
    return msgspec.json.format(msgspec.json.encode(_plain(schema), order="deterministic"))


class _DecimalsAreNumbers(OpenAPISchemaPlugin):
    """Decimals travel as JSON numbers (`decimals_reply`); the framework would say strings."""

    def is_plugin_supported_field(self, field_definition: FieldDefinition) -> bool:
        """Whether this is the type that is described here, alone or beside null."""
        return field_definition.annotation is Decimal

    def to_openapi_schema(
        self,
        field_definition: FieldDefinition,  # noqa: ARG002 - the plugin's signature
        schema_creator: SchemaCreator,  # noqa: ARG002 - as above
    ) -> Schema:
        """A number."""
        return Schema(type=OpenAPIType.NUMBER)


def _camel(path: str) -> str:
    """A path with its parameters spelled as in the contract."""
    return re.sub("_([a-z])", lambda found: found[1].upper(), path)


def _correct(operation: dict[str, Any], *, changes: bool) -> None:
    """Leave out replies that the framework made up, add who may call and the revision."""
    for parameter in operation.get("parameters", []):
        parameter["name"] = _camel(parameter["name"])
    replies = operation["responses"]
    for status, reply in list(replies.items()):
        kinds = [content.get("schema", {}) for content in reply.get("content", {}).values()]
        if kinds == [{}] or any("status_code" in kind.get("properties", {}) for kind in kinds):
            del replies[status]
        elif "AttemptBody" in str(kinds) or "Submitted" in str(kinds):
            reply["headers"] = _HEADERS
    if "401" in replies and operation["operationId"] != "SignIn":
        operation["security"] = [{"session": [], "csrf": []} if changes else {"session": []}]
    elif changes:
        operation["security"] = [{"csrf": []}]


def _plain(value: Any) -> Any:
    """A schema in which optional fields are left out, never null, and an integer is a number."""
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    value = {key: _plain(inner) for key, inner in value.items()}
    if value.get("type") == "number" and isinstance(value.get("default"), str):
        value["default"] = float(value["default"])
    if isinstance(value.get("type"), list) and "null" in value["type"]:
        [value["type"]] = [kind for kind in value["type"] if kind != "null"]
        if "enum" in value:
            value["enum"] = [one for one in value["enum"] if one is not None]
    kinds = [kind for kind in value.pop("oneOf", []) if kind != {"type": "null"}]
    if {"type": "number"} in kinds and {"type": "integer"} in kinds:
        kinds = [{"type": "number", "minimum": 0}]
    if len(kinds) == 1:
        return {**kinds[0], **value}
    return {**value, "oneOf": kinds} if kinds else value


def _reached(schemas: dict[str, Any], start: Any) -> set[str]:
    """The names of all schemas that a part of the document leads to."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        for name in _references(waiting.pop()):
            if name not in found:
                found.add(name)
                waiting.append(schemas[name])
    return found


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for inner in value:
            yield from _references(inner)
    elif isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"].rpartition("/")[2]
        for inner in value.values():
            yield from _references(inner)
