"""Derivative of a value by one variable, for answers that are right up to a constant."""

from fractions import Fraction

from domain.answers.expressions.tree import (
    Call,
    Constant,
    Degrees,
    Negative,
    Node,
    Number,
    Percent,
    Power,
    Product,
    Sum,
    Symbol,
    symbols,
)

ZERO, ONE, TWO = (Number(Fraction(count)) for count in range(3))


class NoDerivative(ValueError):
    """A function whose derivative is not known here."""


def derivative(node: Node, name: str) -> Node:
    """d(node)/d(name). Raises NoDerivative."""
    if name not in symbols(node):
        return ZERO
    match node:
        case Symbol():
            return ONE
        case Sum():
            return Sum(tuple(derivative(term, name) for term in node.terms))
        case Negative():
            return Negative(derivative(node.body, name))
        case Percent():
            return Percent(derivative(node.body, name))
        case Degrees():
            return Degrees(derivative(node.body, name))
        case Product():
            return _product(node, name)
        case Power():
            return _power(node.base, node.exponent, name)
        case Call():
            return _call(node, name)
        case _:
            pass
    raise NoDerivative


def _product(node: Product, name: str) -> Node:
    """The sum over all factors and divisors of the product with one of them derived."""
    terms: list[Node] = []
    for at, factor in enumerate(node.factors):
        if name in symbols(factor):
            others = (*node.factors[:at], derivative(factor, name), *node.factors[at + 1 :])
            terms.append(Product(others, node.divisors))
    for divisor in node.divisors:
        if name in symbols(divisor):
            top = (Negative(derivative(divisor, name)), *node.factors)
            terms.append(Product(top, (*node.divisors, divisor)))
    return Sum(tuple(terms))


def _power(base: Node, exponent: Node, name: str) -> Node:
    terms: list[Node] = []
    if name in symbols(base):
        lower = Power(base, Sum((exponent, Negative(ONE))))
        terms.append(Product((exponent, lower, derivative(base, name))))
    if name in symbols(exponent):
        log = ONE if base == Constant("e") else Call("ln", (base,))
        terms.append(Product((Power(base, exponent), log, derivative(exponent, name))))
    return Sum(tuple(terms))


def _call(node: Call, name: str) -> Node:
    inner = node.arguments[0]
    if node.name == "root":
        index = node.arguments[1]
        if name in symbols(index):
            raise NoDerivative
        return Product((derivative(inner, name), node), (index, inner))
    if node.name in {"log", "logarithm"}:
        base = node.arguments[1] if node.name == "log" else Constant("e")
        if name in symbols(base):
            raise NoDerivative
        return Product((derivative(inner, name),), (inner, Call("ln", (base,))))
    if len(node.arguments) != 1:
        raise NoDerivative
    return Product((_outer(node.name, inner), derivative(inner, name)))


def _outer(name: str, x: Node) -> Node:
    square = Power(x, TWO)
    one_less = Sum((ONE, Negative(square)))
    match name:
        case "sin":
            return Call("cos", (x,))
        case "cos":
            return Negative(Call("sin", (x,)))
        case "tan":
            return Product((ONE,), (Power(Call("cos", (x,)), TWO),))
        case "cot":
            return Negative(Product((ONE,), (Power(Call("sin", (x,)), TWO),)))
        case "sec":
            return Product((Call("sec", (x,)), Call("tan", (x,))))
        case "csc":
            return Negative(Product((Call("csc", (x,)), Call("cot", (x,)))))
        case "asin":
            return Product((ONE,), (_square_root(one_less),))
        case "acos":
            return Negative(Product((ONE,), (_square_root(one_less),)))
        case "atan":
            return Product((ONE,), (Sum((ONE, square)),))
        case "acot":
            return Negative(Product((ONE,), (Sum((ONE, square)),)))
        case "sinh":
            return Call("cosh", (x,))
        case "cosh":
            return Call("sinh", (x,))
        case "tanh":
            return Product((ONE,), (Power(Call("cosh", (x,)), TWO),))
        case "coth":
            return Negative(Product((ONE,), (Power(Call("sinh", (x,)), TWO),)))
        case "asinh":
            return Product((ONE,), (_square_root(Sum((square, ONE))),))
        case "acosh":
            return Product((ONE,), (_square_root(Sum((square, Negative(ONE)))),))
        case "atanh" | "acoth":
            return Product((ONE,), (one_less,))
        case "ln":
            return Product((ONE,), (x,))
        case "abs":
            return Call("sign", (x,))
        case _:
            pass
    raise NoDerivative


def _square_root(x: Node) -> Node:
    return Call("root", (x, TWO))
