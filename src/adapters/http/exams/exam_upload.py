"""An exam sent to be imported: as a JSON body, or as the part `file` of a form (row A16)."""

from dataclasses import dataclass
from typing import Any, Final

from litestar.datastructures import UploadFile
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIFormat, OpenAPIType

from adapters.http.forms import form_of
from adapters.http.problems import Problem, invalid
from adapters.http.requests import StrictRequest, is_json

_FILE: Final = "file"
_EXAMPLE: Final[dict[str, Any]] = {
    "examId": "arithmetic-1",
    "subject": "mathematics",
    "title": "Arithmetic, first steps",
    "difficulty": "beginner",
    "durationMinutes": 30,
    "sections": [
        {
            "id": "s1",
            "title": "Addition",
            "questions": [
                {
                    "id": "q1",
                    "type": "single_choice",
                    "prompt": "2 + 2 = ?",
                    "points": 1,
                    "choices": [{"key": "A", "text": "4"}, {"key": "B", "text": "5"}],
                    "answer": "A",
                }
            ],
        }
    ],
    "metadata": {"version": "1"},
}


def _body() -> RequestBody:
    exam = Schema(type=OpenAPIType.OBJECT, examples=[_EXAMPLE])
    form = Schema(
        type=OpenAPIType.OBJECT,
        properties={_FILE: Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)},
        required=[_FILE],
    )
    return RequestBody(
        required=True,
        content={
            "application/json": OpenAPIMediaType(schema=exam),
            "multipart/form-data": OpenAPIMediaType(schema=form),
        },
    )


@dataclass
class ImportOperation(Operation):
    """An operation whose body the handler reads itself, so that the file stays as it was sent."""

    def __post_init__(self) -> None:
        """The framework says None: it knows of no body."""
        self.request_body = _body()


async def uploaded_exam(request: StrictRequest) -> bytes:
    """The document's bytes. Raises Problem: 413 for too many, 415 for another type, 400 else."""
    body = await request.body()
    if is_json(request):
        return body
    if request.content_type[0] != "multipart/form-data":
        raise Problem(
            415, "UNSUPPORTED_MEDIA_TYPE", "the body must be application/json or a form with a file"
        )
    part = (await form_of(request)).get(_FILE)
    if isinstance(part, UploadFile):
        content = await part.read()
        await part.close()
        return content
    if isinstance(part, str):
        return part.encode(errors="surrogatepass")
    raise invalid(f"the form has no part {_FILE!r}", path=_FILE)
