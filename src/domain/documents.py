"""Documents: JSON of authors that the core keeps as it was written and can always hash."""

from decimal import Decimal
from typing import Any, Final

import msgspec

from domain.canonical_json import NotCanonical, canonical
from domain.kernel import Refused

Document = msgspec.Raw
"""JSON text: the author's order of names and figures of numbers, without white space."""

EMPTY: Final = Document(b"{}")
NOTHING: Final = Document(b"null")
"""No document. Not None: a field of type `Raw | None` reads nothing but null back."""

_ABSENT: Final = (b"null", b"")

_decode: Final = msgspec.json.Decoder(float_hook=Decimal).decode
_encode: Final = msgspec.json.Encoder(decimal_format="number").encode


class BadDocument(Refused):
    """The document is not of the form it must have; `details.path` says where."""

    code = "VALIDATION_ERROR"


def absent(given: Document) -> bool:
    """Whether it is no document: null, or no text at all."""
    return bytes(given) in _ABSENT


def document(given: Document, path: str) -> Document:
    """The text as it is kept: compact, no name twice, with a canonical form. Raises BadDocument."""
    try:
        value = _decode(given)
        canonical(value)
    except NotCanonical as error:
        place = path + str(error.details["path"]).removeprefix("$")
        reason = error.message.partition(": ")[2]
        raise BadDocument(f"{place}: {reason}", path=place) from None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError):
        raise BadDocument(f"{path}: no JSON", path=path) from None
    return Document(_encode(value))


def record(given: Document, path: str) -> Document:
    """A document that is an object. Raises BadDocument."""
    kept = document(given, path)
    if not bytes(kept).startswith(b"{"):
        raise BadDocument(f"{path}: must be an object", path=path)
    return kept


def record_or_nothing(given: Document, path: str) -> Document:
    """A document that is an object, if there is one. Raises BadDocument."""
    return NOTHING if absent(given) else record(given, path)


def parsed(kept: Document) -> Any:
    """What a kept document says; numbers with a point as Decimal, no figure lost."""
    return _decode(kept)
