"""Lists of the Bank: what their query strings may say (B-02), and how that is documented."""

import re
from typing import Annotated, Any

import msgspec
from litestar.openapi.spec import Operation, Parameter, Schema
from msgspec import Meta


class ListQuery(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """The query of a list: subclasses add filters and say what `sort` may be, as a Literal.

    `sort` is a field's name, descending with a `-` before it.
    """

    page: Annotated[int, Meta(ge=1, le=1_000_000, description="Which page, from 1")] = 1
    per_page: Annotated[int, Meta(ge=1, le=100, description="Rows a page")] = 20
    sort: str = ""

    @property
    def order(self) -> tuple[str, ...]:
        """The index to sort by, named like the field of `sort`."""
        if not self.sort:
            return ()
        return (re.sub("[A-Z]", lambda found: f"_{found[0].lower()}", self.sort),)


def with_query(kind: type[msgspec.Struct]) -> type[Operation]:
    """The operation class of a handler that reads its query string as `kind`."""
    properties = msgspec.json.schema(kind)["$defs"][kind.__name__]["properties"]

    class _Operation(Operation):
        def __post_init__(self) -> None:
            self.parameters = [
                *(self.parameters or []),
                *(_parameter(name, schema) for name, schema in properties.items()),
            ]

    return _Operation


def _parameter(name: str, schema: dict[str, Any]) -> Parameter:
    return Parameter(name=name, param_in="query", required=False, schema=_schema(schema))


def _schema(said: dict[str, Any]) -> Schema:
    """What msgspec says of a field, as the framework writes it; null means left out."""
    kinds = [one for one in said.get("anyOf", []) if one != {"type": "null"}]
    if kinds:
        said = {**said, **kinds[0]}
    known = {
        "enum": "enum",
        "minimum": "minimum",
        "maximum": "maximum",
        "minLength": "min_length",
        "maxLength": "max_length",
        "pattern": "pattern",
        "description": "description",
    }
    fields: dict[str, Any] = {
        ours: said[theirs] for theirs, ours in known.items() if theirs in said
    }
    if said.get("default") not in {None, ""}:
        fields["default"] = said["default"]
    return Schema(type=said.get("type", "string"), **fields)
