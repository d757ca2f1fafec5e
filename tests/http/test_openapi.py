"""The OpenAPI document: the same without a server, and changed only on purpose."""

import json
from pathlib import Path

from adapters.http.application import openapi_document

GOLDEN = Path(__file__).with_name("exams.openapi.json")


def test_the_document_needs_no_server_and_is_the_same_every_time():
    first = openapi_document()
    openapi_document.cache_clear()
    assert openapi_document() == first


def test_the_document_is_the_one_that_was_agreed_on():
    """After a wanted change: `./dev run openapi > tests/http/exams.openapi.json`."""
    assert json.loads(openapi_document()) == json.loads(GOLDEN.read_bytes())
