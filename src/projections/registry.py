"""The one explicit list of views."""

from typing import Any, Final

from projections.answer_checks import answer_checks
from projections.audit_log import audit_log
from projections.evidence import evidence_rows
from projections.exam_attempts import exam_attempts
from projections.exams import exams
from projections.kernel import Projection
from projections.manual_reviews import manual_reviews
from projections.problem_attempts import problem_attempts
from projections.problem_list import problem_list
from projections.problem_relations import problem_relations
from projections.problem_sets import problem_sets
from projections.problem_usages import problem_usages
from projections.problem_variants import problem_variants
from projections.problem_versions import problem_versions
from projections.taxonomy_nodes import taxonomy_nodes

PROJECTIONS: Final[tuple[Projection[Any], ...]] = (
    exams,
    exam_attempts,
    audit_log,
    problem_versions,
    problem_variants,
    problem_list,
    problem_attempts,
    answer_checks,
    manual_reviews,
    evidence_rows,
    taxonomy_nodes,
    problem_sets,
    problem_usages,
    problem_relations,
)
