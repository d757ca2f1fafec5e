"""The Bank facade, rows C1 to C6 of the contract: `/api/v2/task-bank` by default (decision 6)."""

from typing import Final

from litestar import Router

from adapters.http.bank.answer_checks import AnswerChecksController
from adapters.http.bank.answer_keys import AnswerKeysController
from adapters.http.bank.attempt_checks import AttemptChecksController
from adapters.http.bank.attempt_files import AttemptFilesController
from adapters.http.bank.attempts import AttemptsController
from adapters.http.bank.audit_logs import AuditLogsController
from adapters.http.bank.bulk_taxonomy import BulkTaxonomyController
from adapters.http.bank.check_explanation import CheckExplanationController
from adapters.http.bank.check_preview import CheckPreviewController
from adapters.http.bank.checking_rules import CheckingRulesController
from adapters.http.bank.evidence import EvidenceController
from adapters.http.bank.installation_settings import InstallationSettingsController
from adapters.http.bank.manual_review_work import ManualReviewWorkController
from adapters.http.bank.manual_reviews import ManualReviewsController
from adapters.http.bank.problem_lifecycle import ProblemLifecycleController
from adapters.http.bank.problem_list import ProblemListController
from adapters.http.bank.problem_relations import (
    ProblemRelationsController,
    RelationsOfProblemController,
)
from adapters.http.bank.problem_set_lifecycle import ProblemSetLifecycleController
from adapters.http.bank.problem_sets import ProblemSetsController
from adapters.http.bank.problem_usages import ProblemUsagesController
from adapters.http.bank.problem_variants import ProblemVariantController
from adapters.http.bank.problem_version_diff import ProblemVersionDiffController
from adapters.http.bank.problem_versions import (
    ProblemVersionsController,
    VersionsOfProblemController,
)
from adapters.http.bank.problems import ProblemsController
from adapters.http.bank.relation_moderation import RelationModerationController
from adapters.http.bank.requests import BankRequest
from adapters.http.bank.solutions import SolutionsController
from adapters.http.bank.taxonomy_links import TaxonomyLinksController
from adapters.http.bank.taxonomy_nodes import TaxonomyNodesController
from adapters.http.bank.variants_of_problem import VariantsOfProblemController
from adapters.http.bank.version_lifecycle import VersionLifecycleController
from adapters.http.bearer_middleware import BearerMiddleware
from adapters.http.direct_calls import DirectCalls

TITLE: Final = "Markbook: Bank"
DESCRIPTION: Final = """\
Problems with immutable published versions, their use, their answers and how those are judged.

Every call carries a bearer token: `Authorization: Bearer …`, one of the installation's own
(`markbook token`) or of the configured OIDC issuer. A success is `{"data", "meta"?}`, a failure
`{"data": null, "error": {"code", "message", "details"?}}`. Lists take `page`, `perPage` and `sort`.
Every POST may carry an `Idempotency-Key`: sent again with it, nothing happens twice and the same
answer comes back. What has an `ETag` takes `If-Match` when it is changed.
"""


def bank_router(base: str) -> Router:
    """Every route of the facade under `base`, behind its bearer tokens."""
    return Router(
        path=base,
        route_handlers=[
            VariantsOfProblemController,
            ProblemVariantController,
            ProblemVersionDiffController,
            InstallationSettingsController,
            ProblemListController,
            ProblemsController,
            ProblemLifecycleController,
            VersionsOfProblemController,
            ProblemVersionsController,
            VersionLifecycleController,
            CheckingRulesController,
            AnswerKeysController,
            SolutionsController,
            CheckPreviewController,
            AnswerChecksController,
            CheckExplanationController,
            ManualReviewsController,
            ManualReviewWorkController,
            TaxonomyNodesController,
            TaxonomyLinksController,
            BulkTaxonomyController,
            ProblemSetsController,
            ProblemSetLifecycleController,
            ProblemUsagesController,
            RelationsOfProblemController,
            ProblemRelationsController,
            RelationModerationController,
            AttemptsController,
            AttemptChecksController,
            AttemptFilesController,
            EvidenceController,
            AuditLogsController,
        ],
        middleware=[BearerMiddleware, DirectCalls],
        request_class=BankRequest,
    )
