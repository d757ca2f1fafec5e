"""Varied: a version's content as a template, read once, and with values in all its texts."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from domain.answers.unfit import SCHEMA_INVALID, Unfit
from domain.documents import Document, absent, document, parsed
from domain.problem_content import Statement, VersionContent
from domain.problem_paper import key_of, schema_of
from domain.variants.arithmetic import Quantity
from domain.variants.formats import as_json
from domain.variants.invalid import GeneratorInvalid, KeyInvalid
from domain.variants.templates import filled, filled_labels, placeholders

Values = Mapping[str, Quantity]

_encode: Final = msgspec.json.Encoder(decimal_format="number").encode


class Template:
    """A version's content, ready for many variants; `size` counts its bytes."""

    def __init__(self, content: VersionContent) -> None:
        """`content` is a drafted version's: it has a statement and a schema."""
        assert content.statement is not None  # noqa: S101 -- see above
        self._content = content
        self._statement: Statement = content.statement
        self._body = parsed(content.statement.body)
        self._schema = parsed(content.answer_schema)
        self._key = parsed(content.key)
        self._solutions = [parsed(solution.body) for solution in content.solutions]
        texts = [solution.body for solution in content.solutions]
        texts += [content.statement.body, content.answer_schema, content.key]
        self.size = sum(len(bytes(text)) for text in texts)

    def telling(self) -> set[str]:
        """The names in key and solutions that neither the statement nor a label shows."""
        return placeholders([self._key, self._solutions]) - self.showing()

    def showing(self) -> set[str]:
        """The names in the statement and the labels."""
        return placeholders([self._body, self._schema])

    def statement(self, values: Values) -> Statement:
        """What is asked. Raises GeneratorInvalid."""
        body = filled(self._body, values, "statement.body")
        return msgspec.structs.replace(self._statement, body=written(body))

    def content(self, values: Values) -> VersionContent:
        """All of it: statement, labels of options, key, solutions and hints.

        Raises GeneratorInvalid, also where the key does not fit the schema (KeyInvalid).
        """
        schema = written(filled_labels(self._schema, values, "answerSchema"))
        return msgspec.structs.replace(
            self._content,
            statement=self.statement(values),
            answer_schema=schema,
            key=self._fitting_key(schema, values),
            solutions=self._filled_solutions(values),
        )

    def _fitting_key(self, schema: Document, values: Values) -> Document:
        try:
            read = schema_of(schema)
            key = self._content.key
            if not absent(key):
                key = written(_secretly(self._key, values, "answerKey"))
                key_of(read, key)
        except Unfit as error:
            drawn = ", ".join(f"{name} = {as_json(values[name])}" for name in sorted(values))
            message = f"{error.message}, with {drawn[:300]}"
            path = error.path.removeprefix("$")
            if error.code == SCHEMA_INVALID:
                raise GeneratorInvalid(f"answerSchema{path}", message) from None
            raise KeyInvalid(f"answerKey{path}", message) from None
        return key

    def _filled_solutions(self, values: Values) -> tuple[Any, ...]:
        return tuple(
            msgspec.structs.replace(
                solution, body=written(_secretly(body, values, f"solutions[{index}].body"))
            )
            for index, (solution, body) in enumerate(
                zip(self._content.solutions, self._solutions, strict=True)
            )
        )


def _secretly(body: Any, values: Values, path: str) -> Any:
    try:
        return filled(body, values, path)
    except GeneratorInvalid as error:
        raise KeyInvalid(error.path, error.message.removeprefix(f"{error.path}: ")) from None


def written(value: Any) -> Document:
    """A document of decoded JSON."""
    return document(Document(_encode(value)), "$")
