"""Mistakes that are made in writing a formula down: each rule says what may stand where something right stands.

A rule takes a node of the formula's syntax tree, and yields what it may be mistaken for.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from verify.faults import loop_rules as loops
from verify.faults.rewriting import Change, Rule
from verify.source.nodes import binary, calls, is_a, text

# How far a constant may be off; the smallest is four digits above what float64 resolves.
RELATIVE = (1e-3, 1e-6, 1e-9, 1e-12)
ACTIVATIONS = ("sigmoid", "sigmoid_sound", "np.tanh", "np.exp", "g")


def _divides_by_m(node: Any) -> bool:
    return is_a(node, ast.BinOp) and is_a(node.op, ast.Div) and text(node.right) in ("m", "4 * m")


def mean_missing(node: Any) -> Iterator[Change]:
    if _divides_by_m(node):
        yield node.left


def mean_doubled(node: Any) -> Iterator[Change]:
    if _divides_by_m(node):
        yield ast.BinOp(node, ast.Div(), ast.Name("m", ast.Load()))


def one_less_than_m(node: Any) -> Iterator[Change]:
    if _divides_by_m(node) and text(node.right) == "m":
        less = ast.BinOp(node.right, ast.Sub(), ast.Constant(1))
        yield ast.BinOp(node.left, ast.Div(), less)


def other_size(node: Any) -> Iterator[Change]:
    """`A.shape[0]` for `A.shape[1]`, and the reverse."""
    of_shape = is_a(node, ast.Subscript) and text(node.value).endswith(".shape")
    if of_shape and is_a(node.slice, ast.Constant):
        yield ast.Subscript(node.value, ast.Constant(1 - node.slice.value), ast.Load())


def sign(node: Any) -> Iterator[Change]:
    if binary(node, ast.Add):
        yield ast.BinOp(node.left, ast.Sub(), node.right)
    if binary(node, ast.Sub):
        yield ast.BinOp(node.left, ast.Add(), node.right)
    if is_a(node, ast.UnaryOp) and is_a(node.op, ast.USub):
        yield node.operand


def term_missing(node: Any) -> Iterator[Change]:
    """One term of a sum left out: a lost b, a lost −Y."""
    if binary(node, ast.Add, ast.Sub):
        yield node.left
        yield node.right


def factor_missing(node: Any) -> Iterator[Change]:
    """One factor left out: a lost g′, a lost α, σ for σ′ = σ(1 − σ), a lost 1/(1 − a)."""
    if binary(node, ast.Mult):
        yield node.left
        yield node.right
    if binary(node, ast.Div) and not _divides_by_m(node):
        yield node.left


def factor_doubled(node: Any) -> Iterator[Change]:
    if binary(node, ast.Mult):
        yield ast.BinOp(node, ast.Mult(), node.right)


def transpose_lost(node: Any) -> Iterator[Change]:
    if is_a(node, ast.Attribute) and node.attr == "T":
        yield node.value


def wrong_axis(node: Any) -> Iterator[Change]:
    if is_a(node, ast.keyword) and node.arg == "axis" and is_a(node.value, ast.Constant):
        yield ast.keyword("axis", ast.Constant(1 - node.value.value))


def keepdims_lost(node: Any) -> Iterator[Change]:
    if is_a(node, ast.keyword) and node.arg == "keepdims":
        yield ast.keyword("keepdims", ast.Constant(False))


def sum_missing(node: Any) -> Iterator[Change]:
    """np.sum(x, ...) and x.sum(...) for x itself."""
    if calls(node, "np.sum", "np.mean"):
        yield node.args[0]
    elif is_a(node, ast.Call) and is_a(node.func, ast.Attribute) and node.func.attr == "sum":
        yield node.func.value


def mean_for_sum(node: Any) -> Iterator[Change]:
    """Averaged twice: np.mean where a sum is divided by m already."""
    if calls(node, "np.sum"):
        yield ast.Call(ast.parse("np.mean", mode="eval").body, node.args, node.keywords)


def elementwise_product(node: Any) -> Iterator[Change]:
    if binary(node, ast.MatMult):
        yield ast.BinOp(node.left, ast.Mult(), node.right)
    if calls(node, "np.dot"):
        left, right = node.args
        yield ast.BinOp(left, ast.Mult(), right)


def matrix_product(node: Any) -> Iterator[Change]:
    """A matrix product where the element-wise one belongs."""
    if binary(node, ast.Mult) and not any(isinstance(x, ast.Constant) for x in (node.left, node.right)):
        yield ast.BinOp(node.left, ast.MatMult(), node.right)


def slope_of_A(node: Any) -> Iterator[Change]:
    """g′ taken of A = g(Z), where Z belongs."""
    if is_a(node, ast.Call) and is_a(node.func, ast.Call) and calls(node.func, "g_prime"):
        inner = ast.Call(ast.Call(ast.Name("g", ast.Load()), node.func.args, []), node.args, [])
        yield ast.Call(node.func, [inner], [])


def z_for_a(node: Any) -> Iterator[Change]:
    """Z where A = g(Z) belongs: σ′ as z(1 − z), tanh′ as 1 − z², a layer without its g."""
    if calls(node, *ACTIVATIONS) or (is_a(node, ast.Call) and calls(node.func, "g")):
        yield node.args[0]


def g_for_slope(node: Any) -> Iterator[Change]:
    if is_a(node, ast.Name) and node.id in ("g", "g_prime"):
        yield ast.Name({"g": "g_prime", "g_prime": "g"}[node.id], ast.Load())


def square_lost(node: Any) -> Iterator[Change]:
    """tanh′ as 1 − a for 1 − a²."""
    if binary(node, ast.Pow):
        yield node.left


def _off(by: float, node: Any) -> Iterator[Change]:
    """A number of the formula, a relative `by` too large."""
    if is_a(node, ast.BinOp) and not is_a(node.op, ast.Pow):
        if text(node) in ("l - 1", "l - 2", "l + 1", "L + 1", "2 * k", "2 * k + 1", "k + 1"):
            return  # an index, no number of the formula
        for left in (True, False):
            x = node.left if left else node.right
            if isinstance(x, ast.Constant) and isinstance(x.value, (int, float)) and not isinstance(x.value, bool):
                wrong = ast.Constant(x.value * (1 + by))
                yield ast.BinOp(wrong if left else node.left, node.op, node.right if left else wrong)


def leak(node: Any) -> Iterator[Change]:
    """A slope of 0.1, or of 0, for 0.01."""
    if is_a(node, ast.Constant) and node.value == 0.01:
        yield ast.Constant(0.1)
        yield ast.Constant(0.0)


def wrong_side(node: Any) -> Iterator[Change]:
    """The other side of the kink: < for >, max for min, the two cases exchanged."""
    if is_a(node, ast.Compare) and len(node.ops) == 1:
        other = {ast.Lt: ast.GtE, ast.Gt: ast.LtE, ast.LtE: ast.Gt, ast.GtE: ast.Lt, ast.Eq: ast.NotEq}
        if type(node.ops[0]) in other:
            yield ast.Compare(node.left, [other[type(node.ops[0])]()], node.comparators)
    if calls(node, "np.maximum", "np.minimum"):
        name = {"np.maximum": "np.minimum", "np.minimum": "np.maximum"}[text(node.func)]
        yield ast.Call(ast.parse(name, mode="eval").body, node.args, [])
    if calls(node, "np.where"):
        condition, yes, no = node.args
        yield ast.Call(node.func, [condition, no, yes], [])


def at_the_kink(node: Any) -> Iterator[Change]:
    """The kink itself on the other side: ≤ for <."""
    other = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
    if is_a(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in other:
        yield ast.Compare(node.left, [other[type(node.ops[0])]()], node.comparators)


def modulus_lost(node: Any) -> Iterator[Change]:
    if calls(node, "np.abs", "abs"):
        yield node.args[0]


def logarithm_lost(node: Any) -> Iterator[Change]:
    if calls(node, "np.log", "np.log1p"):
        yield node.args[0]


def _other_name(alike: Mapping[str, tuple[str, ...]], node: Any) -> Iterator[Change]:
    if is_a(node, ast.Name) and is_a(node.ctx, ast.Load):
        for name in alike.get(node.id, ()):
            yield ast.Name(name, ast.Load())


def other_arguments(alike: Mapping[str, tuple[str, ...]]) -> Rule:
    """Another argument of the same shape in the place of the right one: the mask from dA, ŷ for y in 1 − y, db for b.

    `alike` gives for each argument the others that may be taken for it.
    """
    return partial(_other_name, alike)


# One mistake a line, in the words of whoever finds it.
SOURCE_RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "1/m missing": mean_missing,
        "1/m doubled": mean_doubled,
        "m − 1 for m": one_less_than_m,
        "another size for m": other_size,
        "sign": sign,
        "term missing": term_missing,
        "factor missing": factor_missing,
        "factor doubled": factor_doubled,
        "transpose lost": transpose_lost,
        "wrong axis": wrong_axis,
        "keepdims lost": keepdims_lost,
        "sum missing": sum_missing,
        "mean for sum": mean_for_sum,
        "element-wise product for a matrix product": elementwise_product,
        "matrix product for an element-wise product": matrix_product,
        "g′ of A": slope_of_A,
        "Z for A": z_for_a,
        "g for g′": g_for_slope,
        "square lost": square_lost,
        **{f"constant off by {by:.0e}": partial(_off, by) for by in RELATIVE},
        "wrong leak": leak,
        "wrong side of the kink": wrong_side,
        "wrong at the kink": at_the_kink,
        "modulus lost": modulus_lost,
        "logarithm lost": logarithm_lost,
        "overwritten, not added": loops.overwritten,
        "added twice": loops.added_twice,
        "subtracted, not added": loops.subtracted,
        "another layer's tensor": loops.wrong_layer,
        "the last one left out": loops.one_short,
        "the first one left out": loops.one_late,
        "stale gradients": loops.stale,
        "updated before all gradients are known": loops.updated_early,
    }
)
ARGUMENT = "another argument"
