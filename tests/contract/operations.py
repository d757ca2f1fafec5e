"""The operations of a facade, from its OpenAPI document: a new route joins by itself."""

import json
from functools import cache
from typing import Any, NamedTuple

import httpx

from adapters.http.facades import FacadeName, document
from adapters.http.openapi_page import examples_of
from tests.contract.json_schema import misfits


@cache
def api_of(facade: FacadeName) -> dict[str, Any]:
    """A facade's document."""
    api: dict[str, Any] = json.loads(document(facade))
    return api


class Operation(NamedTuple):
    """One operation of a document."""

    facade: FacadeName
    method: str
    path: str
    declared: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.declared["operationId"])

    def bodies(self) -> list[Any]:
        """The examples of its body; one call without a body if it takes none."""
        content = self.declared.get("requestBody", {}).get("content", {})
        if "application/json" not in content:
            return [None]
        return examples_of(api_of(self.facade), content["application/json"]["schema"])

    def misfits(self, answer: httpx.Response) -> list[str]:
        """Where an answer in JSON is not as its status is declared."""
        content = self.declared["responses"][str(answer.status_code)]["content"]
        kind = answer.headers["content-type"].partition(";")[0]
        return misfits(answer.json(), content[kind]["schema"], api_of(self.facade))


def operations(*names: FacadeName) -> list[Operation]:
    """Every operation of these facades."""
    return [
        Operation(name, method.upper(), path, declared)
        for name in names
        for path, methods in api_of(name)["paths"].items()
        for method, declared in methods.items()
    ]
