"""The OpenAPI documents: the same without a server, and changed only on purpose."""

import json
from pathlib import Path

import pytest

from adapters.http.facades import FacadeName, document

HERE = Path(__file__).parent


@pytest.mark.parametrize("name", FacadeName)
def test_a_document_needs_no_server_and_is_the_same_every_time(name: FacadeName):
    first = document(name)
    document.cache_clear()
    assert document(name) == first


@pytest.mark.parametrize("name", FacadeName)
def test_a_document_is_the_one_that_was_agreed_on(name: FacadeName):
    """After a wanted change: `./dev run openapi bank > tests/http/bank.openapi.json`."""
    assert json.loads(document(name)) == json.loads((HERE / f"{name}.openapi.json").read_bytes())


def test_the_bank_is_described_where_it_is_mounted():
    elsewhere = json.loads(document(FacadeName.BANK, "/bank"))
    assert all(path.startswith("/bank/") for path in elsewhere["paths"])


@pytest.mark.parametrize("name", [FacadeName.BANK, FacadeName.CHALLENGE])
def test_B10_every_object_says_all_its_fields_or_that_it_is_free(name: FacadeName):
    schemas = json.loads(document(name))["components"]["schemas"]
    objects = {key: one for key, one in schemas.items() if "properties" in one}
    assert objects
    assert [
        key for key, one in objects.items() if one.get("additionalProperties") is not False
    ] == []
