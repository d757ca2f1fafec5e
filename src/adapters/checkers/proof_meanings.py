"""Meanings compared: a solved answer with a solved key, conditions with conditions, and across."""

from dataclasses import dataclass, field
from fractions import Fraction

from adapters.checkers.proof_changes import changed, meaning_nodes
from adapters.checkers.proof_conditions import same_conditions, same_systems
from adapters.checkers.proof_regions import flattened, same_regions, same_value
from adapters.checkers.proof_values import Comparer, Proof, Same, with_base
from domain.answers.expression import Note
from domain.answers.expressions.meaning import (
    Condition,
    Meaning,
    Solution,
    System,
    as_conditions,
)
from domain.answers.expressions.regions import (
    Family,
    Intersection,
    Interval,
    Pair,
    Point,
    Union,
    Without,
    family,
    is_discrete,
)
from domain.answers.expressions.tree import (
    VALUES,
    Bracket,
    Call,
    Constant,
    Degrees,
    NamedSet,
    Node,
    Number,
    Symbol,
    symbols,
)

LIKELY_PARAMETERS = frozenset("nkml")
FUNCTION_NAMES = frozenset("yf")
SHAPE = "shape"


@dataclass
class Compared:
    """A proof with what is to be told beside it."""

    proof: Proof
    notes: list[str] = field(default_factory=list)
    up_to_constant: bool = False
    domain: str = ""  # what is known of a difference of domains


def same_meaning(key: Meaning, answer: Meaning, comparer: Comparer) -> Compared:
    """Whether two answers say the same; log without a base must be so for 10 and for e."""
    if not (_logs(key) or _logs(answer)):
        return _same(key, answer, comparer)
    bases = (Number(Fraction(10), "10"), Constant("e"))
    found = [_same(_based(key, base), _based(answer, base), comparer) for base in bases]
    if found[0].proof.same is found[1].proof.same:
        return found[0]
    return Compared(Proof(Same.UNDECIDED, found[0].proof.method), [Note.LOG_WITHOUT_BASE])


def _logs(found: Meaning) -> bool:
    return any(isinstance(one, Call) and one.name == "logarithm" for one in meaning_nodes(found))


def _based(found: Meaning, base: Node) -> Meaning:
    """The meaning with every bare log in one base."""
    return changed(found, lambda value: with_base(value, base))


def _same(key: Meaning, answer: Meaning, comparer: Comparer) -> Compared:
    match key, answer:
        case Solution(), Solution():
            return _same_solutions(key, answer, comparer)
        case Condition(), Condition():
            return Compared(same_conditions(key, answer, comparer))
        case Solution(), Condition() | System():
            return _unsolved(key, answer, comparer)
        case ((Condition() | System()), (Condition() | System())):
            return Compared(same_systems(_conditions(key), _conditions(answer), comparer))
        case ((Condition() | System()), Solution()):
            return _solved_instead(key, answer, comparer)
        case _:
            pass
    same = Same.EQUAL if key == answer else Same.UNDECIDED
    return Compared(Proof(same, "same_form"))


def _conditions(found: Condition | System) -> tuple[Condition, ...]:
    return found.conditions if isinstance(found, System) else (found,)


def _unsolved(key: Solution, answer: Condition | System, comparer: Comparer) -> Compared:
    """Where x = 5 was asked for, 2x = 10 is not solved; y = 2x may be written in any form."""
    ours = as_conditions(key)
    if ours is None:
        return Compared(Proof(Same.UNDECIDED, SHAPE), [Note.NOT_SOLVED])
    proof = _as_systems(tuple(ours), _conditions(answer), comparer)
    solved = not any(symbols(one.right) for one in ours)
    if proof.same is Same.EQUAL and solved:
        return Compared(Proof(Same.UNDECIDED, SHAPE), [Note.NOT_SOLVED])
    return Compared(proof)


def _solved_instead(key: Condition | System, answer: Solution, comparer: Comparer) -> Compared:
    theirs = as_conditions(answer)
    if theirs is None:
        return Compared(Proof(Same.UNDECIDED, SHAPE))
    return Compared(_as_systems(_conditions(key), tuple(theirs), comparer))


def _as_systems(
    key: tuple[Condition, ...], answer: tuple[Condition, ...], comparer: Comparer
) -> Proof:
    if len(key) == len(answer) == 1:
        return same_conditions(key[0], answer[0], comparer)
    return same_systems(key, answer, comparer)


# --- solved answers -----------------------------------------------------------------------------


def _same_solutions(key: Solution, answer: Solution, comparer: Comparer) -> Compared:
    notes: list[str] = []
    key, answer = _indexed(key, answer), _indexed(answer, key)
    key, _ = _with_parameters(key, answer)
    answer, assumed = _with_parameters(answer, key)
    if assumed:
        notes.append(Note.INTEGER_PARAMETER_ASSUMED)
    region = _real_line(answer.region, key.region)
    key = Solution(key.unknowns, _real_line(key.region, answer.region), key.steps)
    if not _names_fit(key, answer):
        return Compared(_other_names(key, answer, comparer), notes)
    proof = same_regions(key.region, region, comparer)
    if proof.same is Same.DIFFERENT and _swapped(key, answer, comparer):
        return Compared(Proof(Same.UNDECIDED, proof.method), notes)
    if proof.same is Same.EQUAL and answer.steps and not _steps_hold(answer, comparer):
        return Compared(Proof(Same.UNDECIDED, proof.method), notes)
    if proof.same is Same.DIFFERENT and _degrees_apart(key.region, region, comparer):
        return Compared(Proof(Same.UNDECIDED, proof.method), [*notes, Note.DEGREES])
    if proof.same is Same.DIFFERENT and _same_ends(key.region, region, comparer):
        return Compared(Proof(Same.UNDECIDED, SHAPE), notes)
    return Compared(proof, notes)


def _names_fit(key: Solution, answer: Solution) -> bool:
    """The same names, none on one side, names of functions, or x = 3 with a capital letter."""
    if not key.unknowns or not answer.unknowns or key.unknowns == answer.unknowns:
        return True
    if [name.lower() for name in key.unknowns] == [name.lower() for name in answer.unknowns]:
        return not _symbols(key.region) and not _symbols(answer.region)
    functions = {*key.unknowns, *answer.unknowns} <= FUNCTION_NAMES
    return functions and len(key.unknowns) == len(answer.unknowns) == 1


def _other_names(key: Solution, answer: Solution, comparer: Comparer) -> Proof:
    """Y = x against x = y says the same; x = 5 against y = 5 does not."""
    ours, theirs = as_conditions(key), as_conditions(answer)
    if ours is None or theirs is None:
        constant = not _symbols(key.region) and not _symbols(answer.region)
        return Proof(Same.DIFFERENT if constant else Same.UNDECIDED, "names")
    return _as_systems(tuple(ours), tuple(theirs), comparer)


def _symbols(found: Node) -> set[str]:
    return {one.name for one in meaning_nodes(found) if isinstance(one, Symbol)}


def _real_line(found: Node, other: Node) -> Node:
    """A bare R, where a set was asked for, is the real line."""
    if isinstance(found, Point) and found.value == Symbol("R") and not is_discrete(other):
        return NamedSet("ℝ")
    return found


def _steps_hold(answer: Solution, comparer: Comparer) -> bool:
    """X = 10/2 = 5: what was written on the way is the value too."""
    values = [one.value for one in flattened(answer.region) if isinstance(one, Point)]
    if len(values) != 1:
        return False
    return all(
        isinstance(step, VALUES) and comparer.same(step, values[0]).same is Same.EQUAL
        for step in answer.steps
    )


def _indexed(found: Solution, other: Solution) -> Solution:
    """x1 = 2, x2 = 3 as the roots of one unknown, where the other side has one unknown."""
    letters = {name.partition("_")[0] for name in found.unknowns}
    plain = all(name.partition("_")[2].isdigit() for name in found.unknowns)
    if len(found.unknowns) < 1 or len(letters) != 1 or not plain:
        return found
    if found.unknowns == other.unknowns or any(
        (isinstance(one, Point) and isinstance(one.value, Bracket)) or isinstance(one, Pair)
        for one in flattened(other.region)
    ):
        return found
    values: list[Node] = []
    for one in flattened(found.region):
        inside = one.value if isinstance(one, Point) else one
        values += inside.items if isinstance(inside, Bracket) else [inside]
    if len(found.unknowns) == 1:
        return Solution(tuple(letters), found.region, found.steps)
    return Solution(tuple(letters), Union(tuple(map(Point, values))))


def _swapped(key: Solution, answer: Solution, comparer: Comparer) -> bool:
    """x1 = 2, x2 = 1 against x1 = 1, x2 = 2: roots in another order, or wrong: for a person."""
    indexed = all("_" in name for name in key.unknowns)
    if len(key.unknowns) < 2 or key.unknowns != answer.unknowns or not indexed:
        return False
    sides: list[Node] = []
    for one in (key, answer):
        if not (isinstance(one.region, Point) and isinstance(one.region.value, Bracket)):
            return False
        sides.append(Union(tuple(map(Point, one.region.value.items))))
    return same_regions(sides[0], sides[1], comparer).same is not Same.DIFFERENT


def _with_parameters(found: Solution, other: Solution) -> tuple[Solution, bool]:
    """Families whose "n ∈ ℤ" was left out, where the other side has families."""
    families = _families(other.region)
    if not families or _families(found.region):
        return found, False
    free = _symbols(found.region)
    bound = {name for one in families for name in one.parameters}
    outside = _symbols(other.region) - bound
    names = (free & (LIKELY_PARAMETERS | bound)) - outside
    if not names:
        return found, False
    region = family(found.region, tuple(sorted(names)), families[0].over)
    return Solution(found.unknowns, region, found.steps), True


def _families(found: Node) -> list[Family]:
    match found:
        case Family():
            return [found]
        case Union() | Intersection():
            return [one for item in found.items for one in _families(item)]
        case Without():
            return [*_families(found.whole), *_families(found.less)]
        case _:
            return []


def _degrees_apart(key: Node, answer: Node, comparer: Comparer) -> bool:
    """30 against 30°: the sign may have been left out, or radians meant: for a person."""
    if not (isinstance(key, Point) and isinstance(answer, Point)):
        return False
    ours, theirs = key.value, answer.value
    if isinstance(ours, Degrees) == isinstance(theirs, Degrees):
        return False
    bare = [one.body if isinstance(one, Degrees) else one for one in (ours, theirs)]
    if not all(isinstance(one, VALUES) for one in bare):
        return False
    return comparer.same(bare[0], bare[1]).same is not Same.DIFFERENT


def _same_ends(key: Node, answer: Node, comparer: Comparer) -> bool:
    """{1; 2} against (1; 2) or [1; 2]: the right numbers in brackets of another meaning."""
    sides: list[list[Node]] = []
    for one in (key, answer):
        match one:
            case Pair() | Interval():
                sides.append([one.low, one.high])
            case Point(value=Bracket() as values):
                sides.append(list(values.items))
            case Union() if all(isinstance(item, Point) for item in one.items):
                sides.append([item.value for item in one.items if isinstance(item, Point)])
            case _:
                return False
    if type(key) is type(answer) or len(sides[0]) != len(sides[1]):
        return False
    if isinstance(key, Pair) and isinstance(answer, Interval):
        return False  # (1; 2) against [1; 2]: the ends are what was asked
    if isinstance(answer, Pair) and isinstance(key, Interval):
        return False
    pairs = zip(*sides, strict=True)
    return all(same_value(mine, other, comparer).same is Same.EQUAL for mine, other in pairs)
