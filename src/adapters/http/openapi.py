"""The OpenAPI document: what the framework derives, made to say what is really sent."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

import msgspec
import msgspec.inspect
from litestar import Litestar, Router
from litestar._openapi.schema_generation import SchemaCreator
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import OpenAPIType, Schema
from litestar.plugins import OpenAPISchemaPlugin
from litestar.typing import FieldDefinition

from adapters.http.access import Allowed

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
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
}
_IDEMPOTENCY_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Sent again with the same key, the request has no second effect and the same "
    "answer, for 48 hours",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}
_REUSED: Final = "IDEMPOTENCY_KEY_REUSED"
_IF_MATCH: Final = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The `ETag` of the revision to change; another one is a 412",
    "schema": {"type": "string", "examples": ['"7"']},
}


def document(router: Router, *, title: str, description: str) -> bytes:
    """The document of one facade as JSON. `router` is used up."""
    config = OpenAPIConfig(title=title, version="1", description=description)
    app = Litestar(
        [router],
        openapi_config=config,
        logging_config=None,
        plugins=[_DecimalsAreNumbers(), _DocumentsAreObjects()],
    )
    rules = {
        str(handler.operation_id): handler.opt["access"]
        for route in app.routes
        for handler in getattr(route, "route_handlers", ())
        if isinstance(handler.opt.get("access"), Allowed)
    }
    schema: dict[str, Any] = _plainly_named(app.openapi_schema.to_schema())
    operations = [
        (method, operation)
        for path in schema["paths"].values()
        for method, operation in path.items()
    ]
    schema["paths"] = {_camel(path): methods for path, methods in schema["paths"].items()}
    schemas = schema["components"]["schemas"]
    for method, operation in operations:
        _correct(operation)
        rule = rules.get(operation["operationId"])
        if rule is not None:
            _show_bearer(operation, rule, method)
        else:
            _show_cookie(operation, changes=method in _CHANGING)
    needed = {name for _, operation in operations for one in _security(operation) for name in one}
    schema["components"]["securitySchemes"] = {name: _SCHEMES[name] for name in sorted(needed)}
    sent = _reached(schemas, [operation["responses"] for _, operation in operations])
    for name in sent | (_strict(app) & schemas.keys()):
        schemas[name].setdefault("additionalProperties", False)
    return msgspec.json.format(msgspec.json.encode(_plain(schema), order="deterministic"))


def _strict(app: Litestar) -> set[str]:
    """The names of all structs in bodies that refuse a field they do not know."""
    found: set[str] = set()
    waiting = [
        msgspec.inspect.type_info(handler.parsed_fn_signature.parameters["data"].annotation)
        for route in app.routes
        for handler in getattr(route, "route_handlers", ())
        if "data" in handler.parsed_fn_signature.parameters
    ]
    while waiting:
        match waiting.pop():
            case msgspec.inspect.StructType(cls=kind, fields=fields, forbid_unknown_fields=strict):
                if strict and kind.__name__ not in found:
                    found.add(kind.__name__)
                    waiting += [field.type for field in fields]
            case msgspec.inspect.UnionType(types=types):
                waiting += types
            case msgspec.inspect.ListType(item_type=inner):
                waiting.append(inner)
            case msgspec.inspect.VarTupleType(item_type=inner):
                waiting.append(inner)
            case msgspec.inspect.Metadata(type=inner):
                waiting.append(inner)
            case _:  # nothing with fields of its own
                continue
    return found


def _plainly_named(schema: dict[str, Any]) -> dict[str, Any]:
    """The document with `DataPage_Problem` where the framework says `DataPage_module.Problem_`."""
    names = {
        name: re.sub(r"[\[\], ]+", "_", inner["title"]).strip("_")
        for name, inner in schema.get("components", {}).get("schemas", {}).items()
        if "[" in inner.get("title", "")
    }

    def renamed(value: Any) -> Any:
        if isinstance(value, list):
            return [renamed(inner) for inner in value]
        if not isinstance(value, dict):
            return value
        reference = value.get("$ref", "")
        name = names.get(reference.rpartition("/")[2])
        if name is not None:
            value = value | {"$ref": f"#/components/schemas/{name}"}
        return {names.get(key, key): renamed(inner) for key, inner in value.items()}

    whole: dict[str, Any] = renamed(schema)
    whole.setdefault("components", {}).setdefault("schemas", {})
    return whole


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


class _DocumentsAreObjects(OpenAPISchemaPlugin):
    """Documents of authors travel as the JSON objects they are."""

    def is_plugin_supported_field(self, field_definition: FieldDefinition) -> bool:
        """Whether this is the type that is described here."""
        return field_definition.annotation is msgspec.Raw

    def to_openapi_schema(
        self,
        field_definition: FieldDefinition,  # noqa: ARG002 - the plugin's signature
        schema_creator: SchemaCreator,  # noqa: ARG002 - as above
    ) -> Schema:
        """An object with whatever is in it."""
        return Schema(type=OpenAPIType.OBJECT, additional_properties=True)


def _camel(path: str) -> str:
    """A path with its parameters spelled as in the contract."""
    return re.sub("_([a-z])", lambda found: found[1].upper(), path)


def _correct(operation: dict[str, Any]) -> None:
    """Leave out replies that the framework made up, and show the headers that go with the rest."""
    for parameter in operation.get("parameters", []):
        parameter["name"] = _camel(parameter["name"])
    replies = operation["responses"]
    for status, reply in list(replies.items()):
        kinds = [content.get("schema", {}) for content in reply.get("content", {}).values()]
        if kinds == [{}] or any("status_code" in kind.get("properties", {}) for kind in kinds):
            del replies[status]
        elif "AttemptBody" in str(kinds) or "Submitted" in str(kinds):
            reply["headers"] = _HEADERS


def _security(operation: dict[str, Any]) -> list[dict[str, Any]]:
    """The ways to prove who calls; each names the schemes it needs."""
    ways: list[dict[str, Any]] = operation.get("security", [])
    return ways


def _show_cookie(operation: dict[str, Any], *, changes: bool) -> None:
    """Add that a session is needed, its CSRF token for a change, and a key where it is heeded."""
    if operation["operationId"] == "ExchangeToken":
        operation["security"] = [{"bearer": []}]
    elif "401" in operation["responses"] and operation["operationId"] != "SignIn":
        operation["security"] = [{"session": [], "csrf": []} if changes else {"session": []}]
    elif changes:
        operation["security"] = [{"csrf": []}]
    if _REUSED in operation["responses"].get("422", {}).get("description", ""):
        operation["parameters"] = [*operation.get("parameters", []), _IDEMPOTENCY_KEY]


def _show_bearer(operation: dict[str, Any], rule: Allowed, method: str) -> None:
    """Add who may call, and the headers that a change of the Bank takes."""
    roles = sorted(rule.roles | ({rule.also} if rule.also else set()))
    operation["security"] = [{}, {"bearer": []}] if rule.open else [{"bearer": roles}]
    taken = [_IDEMPOTENCY_KEY] if method == "post" and "422" in operation["responses"] else []
    if "412" in operation["responses"]:
        taken.append(_IF_MATCH)
    if taken:
        operation["parameters"] = [*operation.get("parameters", []), *taken]


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
    if "enum" in value:  # statuses name what is not there, of which no answer tells
        value["enum"] = [one for one in value["enum"] if one != "absent"]
    # "Any" beside a type is the ellipsis of a tuple of any length.
    kinds = [kind for kind in value.pop("oneOf", []) if kind not in ({"type": "null"}, {})]
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
