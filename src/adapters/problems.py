"""Problems that a person must see to: kept while they last, logged once each."""

import logging
from threading import Lock

log = logging.getLogger(__name__)


class Problems:
    """At most one problem a subject; safe from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: dict[str, str] = {}

    def report(self, subject: str, problem: str) -> None:
        """Something is wrong with `subject`."""
        with self._lock:
            if self._known.get(subject) == problem:
                return
            self._known[subject] = problem
        log.error("%s: %s", subject, problem)

    def solved(self, subject: str) -> None:
        """All is well with `subject`, again or still."""
        if subject not in self._known:
            return
        with self._lock:
            solved = self._known.pop(subject, None)
        if solved is not None:
            log.info("%s: solved", subject)

    def all(self) -> dict[str, str]:
        """Every problem by its subject, in order."""
        with self._lock:
            return dict(sorted(self._known.items()))
