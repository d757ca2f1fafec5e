"""The texts people read, by language: message catalogues (`locales/*/LC_MESSAGES/markbook.po`).

The `.po` files are read as they are, once a process and language, so nothing need be compiled when
a translator changes one. A message is found by a name such as `verdict.correct`, not by its
English text.
"""

import io
from collections.abc import Iterator
from decimal import Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:  # babel takes its time to load: not before the first text is asked for
    from babel.messages.catalog import Catalog

LOCALES: Final = Path(__file__).parent / "locales"
DOMAIN: Final = "markbook"


class Language(StrEnum):
    """The languages there is a catalogue for."""

    EN = "en"
    RU = "ru"


class Messages:
    """One language's texts."""

    def __init__(self, language: Language) -> None:
        """Read the catalogue. Raises OSError or ValueError if it is not what it should be."""
        from babel.messages.mofile import write_mo
        from babel.numbers import get_decimal_symbol
        from babel.support import Translations

        compiled = io.BytesIO()
        write_mo(compiled, catalogue(language))
        compiled.seek(0)
        self.language = language
        self._found = Translations(compiled, domain=DOMAIN)
        self._decimal_mark = get_decimal_symbol(language)

    def has(self, name: str) -> bool:
        """Whether there is a text called `name`."""
        return self._found.gettext(name) != name

    def text(self, name: str, /, **values: str) -> str:
        """The text called `name`, its placeholders filled in; the name itself if there is none."""
        return self._found.gettext(name).format_map(values)

    def counted(self, name: str, number: Decimal, /, **values: str) -> str:
        """As `text`, in the form that goes with `number`, which is its placeholder `{number}`.

        A fraction takes the form of two, as both languages do: 1.5 points, 1,5 балла.
        """
        form = abs(int(number)) if number == number.to_integral_value() else 2
        found = self._found.ngettext(name, name, form)
        return found.format_map({**values, "number": self.number(number)})

    def number(self, value: Decimal) -> str:
        """A number as the language writes it, no digit lost: 1234.5, 1234,5."""
        whole, _, fraction = f"{value:f}".partition(".")
        fraction = fraction.rstrip("0")
        return f"{whole}{self._decimal_mark}{fraction}" if fraction else whole


def catalogue(language: Language) -> "Catalog":
    """The catalogue as its file says, checked for what gettext itself would overlook."""
    from babel.messages.pofile import read_po

    path = LOCALES / language / "LC_MESSAGES" / f"{DOMAIN}.po"
    with path.open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def texts(language: Language) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every message's name with its text, or with its texts by plural form."""
    for message in catalogue(language):
        if message.id:
            name = message.id if isinstance(message.id, str) else message.id[0]
            string = message.string
            yield name, (string,) if isinstance(string, str) else tuple(string or ())


@cache
def messages(language: Language) -> Messages:
    """The texts of a language, read once."""
    return Messages(language)
