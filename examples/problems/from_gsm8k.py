"""Turns lines of GSM8K (`{"question", "answer"}`) into items for `markbook import problems`.

    python examples/problems/from_gsm8k.py test.jsonl > problems.jsonl
    markbook import problems problems.jsonl

In `answer` the worked solution comes first, then `####` and the number. What stands between `<<`
and `>>` are a calculator's notes.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def items(path: Path) -> Iterator[dict[str, Any]]:
    """An item for each line, published, named by its number in the file."""
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            given = json.loads(line)
            worked, _, answer = given["answer"].rpartition("####")
            yield {
                "code": f"gsm8k-{path.stem}-{number:04}",
                "subjectKey": "mathematics",
                "defaultDifficulty": "grade-school",
                "sourceRef": {
                    "domain": "migration",
                    "type": "gsm8k",
                    "id": f"{path.stem}-{number}",
                },
                "version": {
                    "statement": {"format": "markdown", "body": {"text": given["question"]}},
                    "answerSchema": {"type": "numeric_with_tolerance"},
                },
                "answerKey": {"value": answer.strip().replace(",", "")},
                "checkingRule": {"method": "auto", "scoringRule": {"maxScore": 1}},
                "solutions": [
                    {
                        "format": "markdown",
                        "body": {"text": re.sub(r"<<[^>]*>>", "", worked).strip()},
                        "visibility": "show_after_attempt",
                    }
                ],
                "publish": True,
            }


if __name__ == "__main__":
    for item in items(Path(sys.argv[1])):
        print(json.dumps(item, ensure_ascii=False))
