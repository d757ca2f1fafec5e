by() { token=$1; shift; curl -sS -H "Authorization: Bearer $token" -H 'Content-Type: application/json' "$@"; echo; }
id() { sed 's/^{"data":\[\{0,1\}{"id":"\([^"]*\)".*/\1/'; }

# Author: a problem, its first version, what is right, how answers are judged
PROBLEM=$(by "$AUTHOR" "$BANK/problems" -d '{"subjectKey": "physics"}' | id)
VERSION=$(by "$AUTHOR" "$BANK/problems/$PROBLEM/versions" -d '{
  "statement": {"format": "markdown", "body": {"text": "A train covers 90 km in 30 minutes. Its speed?"}},
  "answerSchema": {"type": "unit_value", "valueType": "number", "allowedUnits": ["km/h", "m/s"]}}' | id)
by "$AUTHOR" "$BANK/problem-versions/$VERSION/answer-key" -X PUT -d '{"key": {"value": 180, "unit": "km/h"}}'
by "$AUTHOR" "$BANK/problem-versions/$VERSION/checking-rules" \
   -d '{"method": "auto", "rule": {}, "scoringRule": {"maxScore": 2}}'

# Publish: from now on nothing of the version changes
for THING in "problem-versions/$VERSION" "problems/$PROBLEM"; do
  by "$AUTHOR" "$BANK/$THING/submit-for-review" -X POST
  by "$AUTHOR" "$BANK/$THING/publish" -X POST
done

# Answer: 50 m/s is 180 km/h
ATTEMPT=$(by "$LEARNER" "$BANK/attempts" -d '{"problemVersionId": "'"$VERSION"'", "userId": "student"}' | id)
by "$LEARNER" "$BANK/attempts/$ATTEMPT/submit" -d '{"answer": {"text": "50 m/s"}}'
CHECK=$(by "$LEARNER" "$BANK/attempts/$ATTEMPT/check" -X POST | id)

# Explanation: to the learner how the answer was read and why, to the checker the whole account
by "$LEARNER" "$BANK/answer-checks/$CHECK/explanation"
by "$CHECKER" "$BANK/answer-checks/$CHECK/explanation?language=ru"

# Review: one of the twelve asks for a proof, which waits for a person
PROOF=$(by "$AUTHOR" "$BANK/problems?q=root-of-two" | id)
PROOF=$(by "$AUTHOR" "$BANK/problems/$PROOF/versions" | id)
ATTEMPT=$(by "$LEARNER" "$BANK/attempts" -d '{"problemVersionId": "'"$PROOF"'", "userId": "student"}' | id)
by "$LEARNER" "$BANK/attempts/$ATTEMPT/submit" \
   -d '{"answer": {"text": "If √2 = p/q in lowest terms, p² = 2q², so p is even, and then q is even too."}}'
CHECK=$(by "$LEARNER" "$BANK/attempts/$ATTEMPT/check" -X POST | id)
REVIEW=$(by "$CHECKER" "$BANK/manual-reviews?status=open&sort=-openedAt" | id)
by "$CHECKER" "$BANK/manual-reviews/$REVIEW"
by "$CHECKER" "$BANK/manual-reviews/$REVIEW/claim" -X POST
by "$CHECKER" "$BANK/manual-reviews/$REVIEW/complete" \
   -d '{"score": 3, "rubricScores": {"idea": 1, "steps": 2}, "feedback": {"text": "Why is q even?"}}'

# Override: another result, with its reason, and the first stays in the history
by "$CHECKER" "$BANK/answer-checks/$CHECK/override" -d '{"score": 4, "reason": "the step is clear enough"}'
by "$CHECKER" "$BANK/answer-checks/$CHECK/explanation"

# Evidence: what the two attempts say of their learner
by "$LEARNER" "$BANK/evidence"
