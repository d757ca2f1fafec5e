"""Grammar of whole answers: brackets, sets, intervals, relations, systems and lists of them."""

from domain.answers.expressions.characters import Unreadable
from domain.answers.expressions.grammar import ValueGrammar
from domain.answers.expressions.tokens import Kind
from domain.answers.expressions.tree import (
    All,
    Any,
    Bracket,
    Call,
    Combined,
    Matrix,
    NamedSet,
    Node,
    Relation,
    SetOf,
)
from domain.answers.expressions.words import RELATIONS

MAX_ITEMS = 40
BETWEEN = (";", ",", "and", "row", "where")


class Grammar(ValueGrammar):
    """The whole grammar; `answer()` is where it begins."""

    def answer(self) -> Node:
        """Everything up to the end. Raises Unreadable at the first token that does not fit."""
        if self.ends():
            raise Unreadable("nothing is written here", 1, "empty")
        node = self.either()
        if not self.ends():
            raise self.wrong()
        return node

    def ends(self) -> bool:
        """Whether nothing comes next."""
        return self.token.kind is Kind.END

    # --- lists ------------------------------------------------------------------------------

    def either(self) -> Node:
        """Lists with "or" between them."""
        items = [self.together()]
        while self.takes("or"):
            items.append(self.together())
        return items[0] if len(items) == 1 else Any(tuple(items))

    def together(self) -> Node:
        """Statements with separators between them."""
        items = [self.statement()]
        firm = False
        while self.sees(*BETWEEN) or (
            isinstance(items[-1], (All, Any)) and self.token.kind is Kind.NAME
        ):
            firm |= self.sees("and")
            while self.takes(*BETWEEN):
                pass
            if self.ends() or self.sees(")", "]", "}", "\\}"):
                break
            items.append(self.statement())
            if len(items) > MAX_ITEMS:
                raise Unreadable(f"more than {MAX_ITEMS} parts", self.token.place, "too_long")
        return items[0] if len(items) == 1 else All(tuple(items), firm)

    def statement(self) -> Node:
        """A set or value, or a chain of relations between them; `&` aligns them in rows."""
        sides = [self.joined()]
        signs: list[str] = []
        while self.relates():
            self.takes("&")
            signs.append(self.token.text)
            self.at += 1
            self.takes("&")
            sides.append(self.joined())
            if len(signs) > MAX_ITEMS:
                raise Unreadable("too many relations", self.token.place, "too_long")
        return Relation(tuple(sides), tuple(signs)) if signs else sides[0]

    def relates(self) -> bool:
        """Whether a sign like = or < comes next, perhaps after an alignment mark."""
        token = self.peek() if self.sees("&") else self.token
        return token.kind is Kind.SIGN and token.text in RELATIONS

    def joined(self) -> Node:
        r"""Sets with ∪, ∩ or \ between them."""
        first = self.sum()
        rest: list[tuple[str, Node]] = []
        while self.sees("∪", "∩", "\\", "\\{") or self.is_union_letter():
            if self.sees("\\{"):  # R\{0}: the backslash went with the brace
                rest.append(("\\", self.braces()))
                continue
            sign = "∪" if self.token.kind is Kind.NAME else self.token.text
            self.at += 1
            rest.append((sign, self.sum()))
            if len(rest) > MAX_ITEMS:
                raise Unreadable("too many sets", self.token.place, "too_long")
        return Combined(first, tuple(rest)) if rest else first

    def is_union_letter(self) -> bool:
        """(1;2)U(3;4): the letter U between brackets."""
        before = self.tokens[self.at - 1] if self.at else self.token
        return (
            self.token.kind is Kind.NAME
            and self.token.text == "U"
            and before.kind is Kind.SIGN
            and before.text in {")", "]", "}"}
            and self.peek().kind is Kind.SIGN
            and self.peek().text in {"(", "[", "{", "]"}
        )

    def starts_factor(self) -> bool:
        """The letter U between intervals is no factor."""
        return super().starts_factor() and not self.is_union_letter()

    # --- brackets ---------------------------------------------------------------------------

    def bracket(self) -> Node:
        """( ), [ ], ] [, { } and named sets."""
        token = self.token
        if token.kind is Kind.SET:
            self.at += 1
            return NamedSet(token.text)
        if token.kind is not Kind.SIGN:
            raise self.wrong()
        match token.text:
            case "(":
                return self.round_or_square(token.text)
            case "[":
                return (
                    self.some_of()
                    if self.peek().text == "begin rows"
                    else self.round_or_square("[")
                )
            case "]":
                return self.round_or_square("]")
            case "{" if not self.latex and self.peek().text != "begin rows":
                return self.braces()
            case "\\{" if self.peek().text != "begin rows":
                return self.braces()
            case "{" | "\\{" if self.peek().text == "begin rows":
                self.at += 1
                rows = self.environment()
                if not self.takes("right.", "}", "\\}"):
                    pass  # the right side of a system's brace may be missing
                return rows
            case "{":
                return self.group()
            case _:
                pass
        raise self.wrong()

    def some_of(self) -> Node:
        r"""\left[\begin{array}…: one of the rows holds."""
        self.at += 1
        rows = self.environment()
        if self.takes("]"):
            return rows  # a matrix in square brackets
        self.takes("right.")
        items = rows.items if isinstance(rows, All) else (rows,)
        return Any(items)

    def group(self) -> Node:
        """{…} of LaTeX: invisible, unless it holds a list."""
        self.at += 1
        node = self.inside(self.either)
        self.expect("}")
        return SetOf(node.items) if isinstance(node, All) else node

    def braces(self) -> Node:
        """{a; b}, {} is the empty set."""
        close = "\\}" if self.token.text == "\\{" else "}"
        self.at += 1
        if self.takes(close):
            return NamedSet("∅")
        node = self.inside(self.either)
        self.expect("}", close)
        return SetOf(node.items if isinstance(node, All) else (node,))

    def round_or_square(self, left: str) -> Node:
        """A group of one item; an interval or tuple of several."""
        bars, listing = self.bars, self.listing
        self.bars = self.listing = 0
        self.at += 1
        items = [self.statement()]
        while self.takes(";", ",") or (left == "(" and self.sees("or", "and", "row")):
            if self.sees("or", "and", "row"):
                joint = self.token.text
                self.at += 1
                rest = self.statement()
                before = items.pop()
                items.append(
                    Any((before, rest)) if joint == "or" else All((before, rest), firm=True)
                )
                continue
            self.listing = 1
            items.append(self.statement())
            if len(items) > MAX_ITEMS:
                raise Unreadable(f"more than {MAX_ITEMS} items", self.token.place, "too_long")
        right = self.token.text
        if len(items) == 1:
            self.expect("]" if left == "[" else ")")
        elif len(items) == 2:
            self.expect(*(("[", "]", ")", "(") if left == "]" else (")", "]", "[")))
        else:
            self.expect("]" if left == "[" else ")")
        self.bars, self.listing = bars, listing
        return items[0] if len(items) == 1 else Bracket(left, right, tuple(items))

    # --- environments -----------------------------------------------------------------------

    def environment(self) -> Node:
        r"""\begin{…} rows \end{…}: a system, a matrix, or rows whose brackets decide."""
        token = self.token
        kind = token.text.removeprefix("begin ")
        if not token.text.startswith("begin "):
            raise self.wrong()
        self.deeper()
        self.at += 1
        rows: list[list[Node]] = [[]]
        while not self.token.text.startswith("end ") or self.token.kind is not Kind.COMMAND:
            if self.takes("row"):
                rows.append([])
            elif self.takes("&"):
                continue
            elif self.token.kind is Kind.END:
                raise self.wrong()
            else:
                rows[-1].append(self.inside(self.statement))
                while self.takes(",", ";", "."):
                    pass
            if sum(map(len, rows)) > MAX_ITEMS:
                raise Unreadable("too many cells", self.token.place, "too_long")
        self.at += 1
        self.depth -= 1
        full = [tuple(row) for row in rows if row]
        if not full:
            raise self.wrong("nothing stands in the rows")
        single = all(len(row) == 1 for row in full)
        related = any(isinstance(cell, (Relation, All, Any)) for row in full for cell in row)
        if kind == "cases" or (kind == "rows" and related):
            if not single:
                raise self.wrong("a line of the system has several parts")
            return All(tuple(row[0] for row in full), firm=True)
        if len({len(row) for row in full}) != 1:
            raise self.wrong("the rows are of different lengths")
        for row in full:
            for cell in row:
                self.checked(cell)
        if kind == "determinant":
            return self.determinant(full)
        return Matrix(tuple(full))

    def determinant(self, rows: list[tuple[Node, ...]]) -> Node:
        """|a b; c d| of two or three rows, written out."""
        if len(rows) != len(rows[0]) or len(rows) > 3:
            raise self.wrong("this determinant is not understood")
        return Call("determinant", tuple(cell for row in rows for cell in row))
