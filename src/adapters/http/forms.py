"""Forms: the parts of a `multipart/form-data` body."""

from litestar.datastructures import FormMultiDict
from litestar.exceptions import HTTPException

from adapters.http.problems import invalid
from adapters.http.requests import StrictRequest


async def form_of(request: StrictRequest) -> FormMultiDict:
    """The parts by name. Raises Problem: 413 for too many bytes, 400 for what is no form."""
    await request.body()
    try:
        return await request.form()
    except (HTTPException, ValueError, LookupError):
        raise invalid("the form is malformed", path="file") from None
