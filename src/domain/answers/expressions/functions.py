"""Grammar of functions, roots, bars and the commands of LaTeX."""

from fractions import Fraction
from math import inf

from domain.answers.expressions import words
from domain.answers.expressions.characters import Unreadable
from domain.answers.expressions.cursor import Cursor, Doubt
from domain.answers.expressions.tokens import Kind
from domain.answers.expressions.tree import (
    Call,
    Constant,
    Negative,
    Node,
    Number,
    Power,
    Product,
)

TWO = Number(Fraction(2), "2")


class FunctionGrammar(Cursor):
    """Reads what has a name before its argument."""

    def script(self) -> Node:
        """What stands after _ or ^ when it is one thing or a group."""
        if self.takes("{"):
            body = self.checked(self.inside(self.sum))
            self.expect("}")
            return body
        return self.single()

    def single(self) -> Node:
        """One thing without brackets, which may be a command in its turn."""
        self.deeper()
        body = self.checked(self.primary(mixed=False))
        self.depth -= 1
        return body

    def bar(self) -> Node:
        """|x|; a bar inside closes the innermost."""
        self.expect("|")
        self.bars += 1
        body = self.checked(self.sum())
        if not self.takes("|"):
            raise self.wrong("a bar | is missing")
        self.bars -= 1
        return Call("abs", (body,))

    def root(self, index: int) -> Node:
        """√ and what it covers: the next factor only, unless read the wider way."""
        bare = not self.sees("(", "{", "[")
        self.deeper()
        if self.takes("{"):
            body = self.checked(self.inside(self.sum))
            self.expect("}")
        elif bare and self.sees("-"):
            raise self.wrong("write brackets below the root")
        else:
            body = self.checked(self.postfix(mixed=False))
        if bare and (
            self.sees("^")
            or (
                self.token.kind in {Kind.NAME, Kind.CONSTANT, Kind.NUMBER} and not self.token.spaced
            )
        ):
            self.doubts.add(Doubt.ROOT)
            if Doubt.ROOT in self.wide:
                while self.sees("^"):
                    body = self.raised(body)
                factors = [body]
                while self.starts_factor() and not self.token.spaced and not self.sees("("):
                    factors.append(self.checked(self.power()))
                body = body if len(factors) == 1 else Product(tuple(factors))
        self.depth -= 1
        return _root(body, Number(Fraction(index), str(index)))

    # --- functions --------------------------------------------------------------------------

    def function(self) -> Node:
        """A function with its exponent, base and argument."""
        token = self.token
        self.at += 1
        name, exponent, base = token.text, None, None
        if name in {"sqrt", "cbrt"} and not self.sees("("):
            return self.root(2 if name == "sqrt" else 3)
        if name == "log":
            base = self.base()
        if self.takes("^"):
            exponent = self.exponent(grouped=True)
            if name == "log" and self.sees("_"):
                base = self.base()
        arguments = self.arguments(name)
        least, most = words.ARITY.get(name, (1, 1))
        if not least <= len(arguments) <= most:
            raise Unreadable(f"{name} does not take {len(arguments)} values", token.place)
        return self.applied(name, arguments, exponent, base)

    def applied(
        self, name: str, arguments: tuple[Node, ...], exponent: Node | None, base: Node | None
    ) -> Node:
        """The call, with sin^2 x as (sin x)^2 and sin^-1 x as arcsin x."""
        first = arguments[0]
        call: Node
        match name:
            case "sqrt":
                call = _root(first, TWO)
            case "cbrt":
                call = _root(first, Number(Fraction(3), "3"))
            case "root":
                call = _root(arguments[1], arguments[0])
            case "exp":
                call = Power(Constant("e"), first)
            case "lg":
                call = Call("log", (first, Number(Fraction(10), "10")))
            case "log":
                call = (
                    Call("log", (first, base)) if base is not None else Call("logarithm", (first,))
                )
            case _:
                call = Call(name, arguments)
        if exponent is None:
            return call
        inverse = isinstance(exponent, (Negative, Number)) and _is_minus_one(exponent)
        if inverse and name in words.TRIGONOMETRIC | words.HYPERBOLIC:
            self.doubts.add(Doubt.INVERSE)
            if Doubt.INVERSE not in self.wide:
                return Call(f"a{name}", arguments)
        return Power(call, exponent)

    def base(self) -> Node | None:
        """The base of log: log_2, log_{2}, log2."""
        if self.takes("_"):
            digits = self.token
            after = self.peek()
            stops = after.kind is Kind.END or (
                after.kind is Kind.SIGN and after.text not in {"(", "√", "|", "{", "-"}
            )
            return self.argument() if digits.kind is Kind.NUMBER and stops else self.script()
        token = self.token
        if token.kind is Kind.NUMBER and not token.spaced and token.whole:
            after = self.peek()
            if after.kind is Kind.SIGN and after.text not in {"(", "√", "|", "{"}:
                return None
            if after.kind is Kind.END:
                return None
            if not after.spaced and after.text != "(":
                self.doubts.add(Doubt.BASE)
                if Doubt.BASE in self.wide:
                    return None
            self.at += 1
            return Number(token.value or Fraction(0), token.text)
        return None

    def arguments(self, name: str) -> tuple[Node, ...]:
        """The values in the brackets after a function, or the bare product that follows it."""
        if self.sees("(", "["):
            close = ")" if self.token.text == "(" else "]"
            self.at += 1
            found = self.inside_list(close)
        elif self.takes("{"):
            found = (self.checked(self.inside(self.sum)),)
            self.expect("}")
            if name == "binom":
                found = (*found, self.script())
        elif name in words.BRACKET_FUNCTIONS.values() and name not in words.HYPERBOLIC:
            raise self.wrong(f"expected ( after {name}")
        else:
            self.deeper()
            found = (self.bare_argument(),)
            self.depth -= 1
        return found

    def bare_argument(self) -> Node:
        """Sin 2x, ln |x|, cos 2(x+1): a product up to the next sign or function."""
        negative = self.takes("-")
        factors = [self.checked(self.power())]
        while self.starts_factor() and self.token.kind is not Kind.FUNCTION:
            numbers = all(isinstance(one, Number) for one in factors)
            if (self.sees("(", "[", "{") and not numbers) or (
                self.token.kind is Kind.NUMBER and isinstance(factors[-1], Number)
            ):
                break
            factors.append(self.checked(self.power()))
        divisors: list[Node] = []
        while (
            self.sees("/", "*")
            and self.peek().kind in {Kind.NUMBER, Kind.NAME, Kind.CONSTANT}
            and self.argument_goes_on(factors, divisors)
        ):
            sign = self.token.text
            self.at += 1
            (divisors if sign == "/" else factors).append(self.checked(self.power()))
        single = len(factors) == 1 and not divisors
        body = factors[0] if single else Product(tuple(factors), tuple(divisors))
        return Negative(body) if negative else body

    def argument_goes_on(self, factors: list[Node], divisors: list[Node]) -> bool:
        """Whether * or / still belongs to a bare argument: in sin π/6 and cos 2·π, not in sin x/2.

        Both are doubts, so the other way is tried as well.
        """
        self.doubts.add(Doubt.ARGUMENT)
        after = self.peek()
        constant = all(
            isinstance(one, Number) or (isinstance(one, Constant) and one.name == "pi")
            for one in factors
        )
        first = constant and (
            (self.sees("/") and after.kind is Kind.NUMBER)
            or (self.sees("*") and after.text == "pi" and not divisors)
        )
        return first is not (Doubt.ARGUMENT in self.wide)

    # --- commands of LaTeX ------------------------------------------------------------------

    def command(self) -> Node:
        r"""\frac, \sqrt, \binom; environments are read by the grammar of statements."""
        token = self.token
        self.at += 1
        match token.text:
            case "frac":
                top = self.argument()
                node: Node = Product((top,), (self.argument(),))
            case "binom" | "dbinom" | "tbinom":
                top = self.argument()
                node = Call("binom", (top, self.argument()))
            case "sqrt":
                index: Node = TWO
                if self.takes("["):
                    index = self.checked(self.inside(self.sum))
                    self.expect("]")
                node = _root(self.root_argument(), index)
            case _:
                self.at -= 1
                node = self.environment()
        return node

    def environment(self) -> Node:
        """An environment of rows: the grammar of statements knows them."""
        raise self.wrong()

    def root_argument(self) -> Node:
        r"""\sqrt{…}, \sqrt2, \sqrt x."""
        if self.takes("{"):
            body = self.checked(self.inside(self.sum))
            self.expect("}")
            return body
        return self.single()

    def argument(self) -> Node:
        r"""{…} or, as in \frac12 and \frac xy, a single digit or letter."""
        if self.takes("{"):
            body = self.checked(self.inside(self.sum))
            self.expect("}")
            return body
        token = self.token
        if token.kind is Kind.NUMBER and token.whole and len(token.text) > 1:
            digit, rest = token.text[0], token.text[1:]
            later = token._replace(
                text=rest, value=Fraction(int(rest)), place=token.place + 1, spaced=False
            )
            self.tokens = [*self.tokens[: self.at], later, *self.tokens[self.at + 1 :]]
            return Number(Fraction(int(digit)), digit)
        return self.single()


def _root(body: Node, index: Node) -> Node:
    return Call("root", (body, index))


def _is_minus_one(node: Node) -> bool:
    body = node.body if isinstance(node, Negative) else node
    value = body.value if isinstance(body, Number) else inf
    return value == (1 if isinstance(node, Negative) else -1)
