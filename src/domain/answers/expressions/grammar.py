"""Grammar of one value: numbers, names, functions and the operators between them."""

from collections.abc import Callable
from fractions import Fraction

from domain.answers.expressions.characters import Unreadable
from domain.answers.expressions.cursor import Doubt
from domain.answers.expressions.functions import FunctionGrammar
from domain.answers.expressions.tokens import Kind, Token
from domain.answers.expressions.tree import (
    VALUES,
    Bracket,
    Call,
    Constant,
    Degrees,
    Negative,
    Node,
    Number,
    Percent,
    Power,
    Product,
    Sign,
    Sum,
    Symbol,
)

MAX_SIGNS = 4


class ValueGrammar(FunctionGrammar):
    """Reads values; the grammar of statements builds on it."""

    # --- sums and products ------------------------------------------------------------------

    def sum(self) -> Node:
        """Terms with + - ± between them; a node that is no value comes back as it is."""
        self.deeper()
        first = self.term()
        terms = [first]
        while self.sees("+", "-", "±", "∓"):
            self.checked(terms[0])
            terms.append(self.checked(self.term()))
        self.depth -= 1
        return first if len(terms) == 1 else Sum(tuple(terms))

    def term(self) -> Node:
        """A product with the signs before it."""
        wrap: list[Callable[[Node], Node]] = []
        negative = False
        while self.sees("+", "-", "±", "∓"):
            sign = self.token.text
            self.at += 1
            if sign == "-":
                negative = not negative
            elif sign != "+":
                self.signs += 1
                if self.signs > MAX_SIGNS:
                    raise Unreadable(f"more than {MAX_SIGNS} signs ±", self.token.place)
                number, inverted = self.signs, sign == "∓"
                wrap.append(lambda body, n=number, i=inverted: Sign(body, n, i))  # type: ignore[misc]  # mypy cannot infer a lambda with defaults
        if not wrap and not negative:
            return self.product()
        body = self.checked(self.product())
        if negative:
            body = (
                Number(-body.value, f"-{body.text}")
                if isinstance(body, Number) and body.value > 0
                else Negative(body)
            )
        for one in reversed(wrap):
            body = one(body)
        return body

    def product(self) -> Node:
        """Factors with signs or nothing between them, from left to right."""
        first = self.signed_power()
        factors, divisors = [first], list[Node]()
        while True:
            if self.sees("*", "/"):
                divides = self.token.text == "/"
                self.at += 1
                self.checked(factors[0])
                factor = self.checked(self.signed_power(mixed=not divides))
                if divides:
                    divisors.append(self.divisor(factor))
                else:
                    factors.append(factor)
            elif self.starts_factor() and isinstance(first, VALUES):
                self.checked(factors[0])
                if self.token.kind is Kind.NUMBER and isinstance(factors[-1], Number):
                    raise self.wrong("two numbers side by side")
                factor = self.power()
                if isinstance(factor, Bracket) and _is_label(first) and len(factors) == 1:
                    return self.labelled(first, factor)
                factors.append(self.checked(factor))
            else:
                break
        if len(factors) == 1 and not divisors:
            return first
        return Product(tuple(factors), tuple(divisors))

    def labelled(self, label: Node, point: Bracket) -> Node:
        """A(1; 2): the point's name says nothing; C(5; 2) may be a binomial coefficient."""
        if label == Symbol("C") and len(point.items) == 2:
            self.doubts.add(Doubt.LABEL)
            if Doubt.LABEL in self.wide:
                return Call("binom", tuple(self.checked(item) for item in point.items))
        return point

    def divisor(self, factor: Node) -> Node:
        """What stands below the slash: 1/2x is (1/2)x unless read the wider way."""
        tight: list[Node] = [factor]
        if self.starts_factor() and not self.token.spaced and not self.sees("("):
            self.doubts.add(Doubt.SLASH)
            if Doubt.SLASH in self.wide:
                while self.starts_factor() and not self.token.spaced:
                    tight.append(self.checked(self.power()))
        return factor if len(tight) == 1 else Product(tuple(tight))

    def starts_factor(self) -> bool:
        """Whether the next token can follow a factor without a sign: 2x, 2(x+1), x√2, 2|x|."""
        token = self.token
        match token.kind:
            case Kind.NUMBER | Kind.NAME | Kind.FUNCTION | Kind.CONSTANT:
                return True
            case Kind.COMMAND:
                return not token.text.startswith("end")
            case Kind.SIGN if token.text == "|":
                return not self.bars
            case Kind.SIGN if token.text == "[":
                return not self.closes()
            case Kind.SIGN:
                return token.text in {"(", "√", "∛", "∜", "⌊", "⌈"} or (
                    token.text == "{" and self.latex
                )
            case _:
                pass
        return False

    def closes(self) -> bool:
        """Whether a [ ends an interval of the kind ]a;b[."""
        after = self.peek()
        return self.listing > 0 and (
            after.kind is Kind.END
            or (
                after.kind is Kind.SIGN
                and after.text in {"∪", "∩", "\\", ",", ";", ")", "or", "and", "row", "}", "\\}"}
            )
        )

    # --- powers -----------------------------------------------------------------------------

    def signed_power(self, *, mixed: bool = True) -> Node:
        """A power that may have a sign of its own, as in 2·-3."""
        if self.sees("-", "+"):
            negative = False
            while self.sees("-", "+"):
                negative ^= self.token.text == "-"
                self.at += 1
            body = self.checked(self.power(mixed=mixed))
            return Negative(body) if negative else body
        return self.power(mixed=mixed)

    def power(self, *, mixed: bool = True) -> Node:
        """A factor with its exponents, which bind from right to left."""
        base = self.postfix(mixed=mixed)
        while self.sees("^"):
            base = self.raised(base)
        return base

    def raised(self, base: Node) -> Node:
        r"""base^…; ^\circ makes degrees, ^' a prime."""
        self.expect("^")
        self.checked(base)
        grouped = self.sees("{", "(")
        closing = 2 if self.sees("{") else 0
        inner = self.peek() if closing else self.token
        if inner.kind is Kind.SIGN and inner.text == "°":
            self.at += 1 + closing
            return Degrees(base)
        exponent = self.exponent(grouped=grouped)
        if not self.sees("^"):
            return Power(base, exponent)
        if grouped and self.tokens[self.at - 1].text == "}":
            raise self.wrong("an exponent of an exponent needs brackets")
        return Power(base, self.raised(exponent))

    def exponent(self, *, grouped: bool) -> Node:
        """What stands after ^: a group, or one number, name or root with its sign."""
        if self.takes("{"):
            body = self.checked(self.sum())
            self.expect("}")
        else:
            self.deeper()
            negative = False
            while self.sees("-", "+"):
                negative ^= self.token.text == "-"
                self.at += 1
            body = self.checked(self.postfix(mixed=False))
            if not grouped:
                body = self.bare_exponent(body)
            body = Negative(body) if negative else body
            self.depth -= 1
        return body

    def bare_exponent(self, body: Node) -> Node:
        """e^2x and x^1/2 end after the 2 and the 1 unless read the wider way."""
        simple = isinstance(body, (Number, Symbol, Constant))
        follows = (
            self.token.kind in {Kind.NAME, Kind.CONSTANT} or self.sees("/")
        ) and not self.token.spaced
        if not simple or not follows or (self.sees("/") and self.peek().kind is not Kind.NUMBER):
            return body
        self.doubts.add(Doubt.EXPONENT)
        if Doubt.EXPONENT not in self.wide:
            return body
        if self.takes("/"):
            return Product((body,), (self.checked(self.postfix(mixed=False)),))
        factors = [body]
        while self.token.kind in {Kind.NAME, Kind.CONSTANT} and not self.token.spaced:
            factors.append(self.checked(self.postfix(mixed=False)))
        return Product(tuple(factors))

    def postfix(self, *, mixed: bool) -> Node:
        """A factor with ! ° % after it."""
        base = self.primary(mixed=mixed)
        while self.sees("!", "°", "%"):
            self.checked(base)
            sign = self.token
            self.at += 1
            match sign.text:
                case "!":
                    if self.sees("!"):
                        raise self.wrong("a double factorial needs brackets")
                    base = Call("factorial", (base,))
                case "°":
                    base = self.angle(base)
                case _:
                    base = Percent(base)
        return base

    def angle(self, degrees: Node) -> Node:
        """30° or 30°15'20''."""
        total = Fraction(0)
        for unit in (60, 3600):
            token, quotes = self.token, 1 if unit == 60 else 2
            primes = [self.peek(1 + count) for count in range(quotes)]
            if (
                token.kind is not Kind.NUMBER
                or token.value is None
                or not all(one.kind is Kind.SIGN and one.text == "'" for one in primes)
            ):
                break
            total += token.value / unit
            self.at += 1 + quotes
        return Degrees(degrees if not total else Sum((degrees, Number(total, str(total)))))

    # --- single things ----------------------------------------------------------------------

    def primary(self, *, mixed: bool) -> Node:
        """A number, name, constant, function, root, fraction or bracket."""
        token = self.token
        match token.kind:
            case Kind.NUMBER:
                return self.number(mixed=mixed)
            case Kind.NAME:
                self.at += 1
                return self.name(token)
            case Kind.CONSTANT:
                self.at += 1
                return Constant(token.text)
            case Kind.FUNCTION:
                return self.function()
            case Kind.COMMAND:
                return self.command()
            case Kind.SIGN if token.text in {"√", "∛", "∜"}:
                self.at += 1
                index = {"√": 2, "∛": 3, "∜": 4}[token.text]
                return self.root(index)
            case Kind.SIGN if token.text == "|":
                return self.bar()
            case Kind.SIGN if token.text in {"⌊", "⌈"}:
                self.at += 1
                body = self.checked(self.inside(self.sum))
                self.expect("⌋" if token.text == "⌊" else "⌉")
                return Call("floor" if token.text == "⌊" else "ceil", (body,))
            case _:
                return self.bracket()

    def bracket(self) -> Node:
        """Brackets, sets and named sets: the grammar of statements knows them."""
        raise self.wrong()

    def number(self, *, mixed: bool) -> Node:
        r"""A number; 3 1/2 and 3\frac12 are mixed."""
        token = self.token
        value = token.value or Fraction(0)
        self.at += 1
        plain = Number(value, token.text)
        if not mixed or not token.whole:
            return plain
        part = self.fraction_part()
        if part is None:
            return plain
        top, bottom, length = part
        if top >= bottom:
            raise self.wrong("write a multiplication sign or a proper fraction")
        self.at += length
        return Number(value + Fraction(int(top), int(bottom)), f"{token.text} {top}/{bottom}")

    def fraction_part(self) -> tuple[int, int, int] | None:
        """Top, bottom and how many tokens of a fraction of whole numbers that comes next."""
        first = self.token
        if first.kind is Kind.NUMBER and first.whole and first.spaced:
            slash, below = self.peek(), self.peek(2)
            if slash.text == "/" and below.kind is Kind.NUMBER and below.whole and below.value:
                return int(first.value or 0), int(below.value), 3
        if first.kind is not Kind.COMMAND or first.text != "frac":
            return None
        if self.peek().text != "{":
            digits = self.peek()
            if digits.kind is not Kind.NUMBER or not digits.whole:
                return None
            if len(digits.text) == 2 and digits.text[1] != "0":
                return int(digits.text[0]), int(digits.text[1]), 2
            below = self.peek(2)
            if len(digits.text) == 1 and below.kind is Kind.NUMBER and below.whole and below.value:
                return int(digits.text), int(below.value), 3
            return None
        shape = [self.peek(count) for count in range(1, 7)]
        if [one.text for one in shape if one.kind is Kind.SIGN] != ["{", "}", "{", "}"]:
            return None
        top, below = shape[1], shape[4]
        if not (top.whole and below.whole and below.value and shape[2].text == "}"):
            return None
        return int(top.value or 0), int(below.value), 7

    def name(self, token: Token) -> Node:
        """A variable; C_n^k is a binomial coefficient."""
        if token.text == "C" and self.sees("_"):
            self.at += 1
            lower = self.script()
            self.expect("^")
            return Call("binom", (lower, self.script()))
        return Symbol(token.text)


def _is_label(node: Node) -> bool:
    return isinstance(node, Symbol) and node.name[0].isupper()
