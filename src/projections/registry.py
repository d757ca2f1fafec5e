"""The one explicit list of views."""

from typing import Any, Final

from projections.exam_attempts import exam_attempts
from projections.exams import exams
from projections.kernel import Projection

PROJECTIONS: Final[tuple[Projection[Any], ...]] = (exams, exam_attempts)
