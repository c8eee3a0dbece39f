"""One formula made of another by one mistake: a factor that is missing, doubled or another, a transpose, a sum."""

from __future__ import annotations

from collections import Counter

from verify.diagnosis.atoms import Atom
from verify.diagnosis.expression import Expression, Factors

Edit = tuple[str, str]


def edit(right: Expression, mine: Expression) -> Edit | None:
    """The kind of the one mistake that makes `mine` of `right`, and what it is in words; None where it takes more."""
    if bool(right.right) != bool(mine.right):
        return _products(right, mine)
    if right.axes != mine.axes:
        if Counter(right.left) != Counter(mine.left):
            return None
        if right.axes is not None and mine.axes is not None:
            return "sum", "it is summed over the wrong axis"
        return "sum", "the sum is missing" if mine.axes is None else "it is summed where nothing is to be summed"
    if right.turned != mine.turned:
        same = (right.left, right.right) == (mine.left, mine.right)
        return ("transpose", f"a transpose is missing or one too many in {mine.text}") if same else None
    if right.right:
        if right.left == mine.left:
            return _factors(right.right, mine.right)
        if right.right == mine.right:
            return _factors(right.left, mine.left)
        if (right.left, right.right) == (mine.right, mine.left):
            return "transpose", "the two factors of the matrix product have changed places"
        return None
    return _factors(right.left, mine.left)


def _products(right: Expression, mine: Expression) -> Edit | None:
    if _plain(right) != _plain(mine) or right.axes or mine.axes:
        return None
    if right.right:
        return "product", "the product is element-wise where a matrix product belongs"
    return "product", "it is a matrix product where an element-wise one belongs"


def _plain(x: Expression) -> Counter[Atom]:
    """The atoms, whichever way they are turned."""
    return Counter(Atom(a.tensor, "{}") if a.kind == "turned" else a for a in (*x.left, *x.right))


def _factors(right: Factors, mine: Factors) -> Edit | None:
    gone, new = Counter(right) - Counter(mine), Counter(mine) - Counter(right)
    lost, got = list(gone.elements()), list(new.elements())
    if len(lost) == 1 and not got:
        return kind_of(lost[0]), f"the factor {lost[0].text} is missing"
    if len(got) == 1 and not lost:
        words = "there twice" if got[0] in right else "one too many"
        return kind_of(got[0]), f"the factor {got[0].text} is {words}"
    if len(got) == 1 and len(lost) == 1:
        return instead(lost[0], got[0])
    return None


def instead(lost: Atom, got: Atom) -> Edit:
    """One factor stands in the place of another."""
    turned = lost.tensor != got.tensor and lost.tensor.replace("ᵀ", "") == got.tensor.replace("ᵀ", "")
    if turned or ("turned" in (lost.kind, got.kind) and lost.tensor == got.tensor):
        return "transpose", f"{got.text} stands where {lost.text} belongs"
    if lost.tensor == got.tensor and got.function == f"{lost.function}²" and lost.kind == "slope":
        return "slope", f"the factor {lost.text} is there twice"
    words = f"{got.text} stands where {lost.text} belongs"
    if lost.tensor != got.tensor and lost.function == got.function:
        return ("slope" if lost.kind == "slope" else "another tensor"), words
    if "slope" in (lost.kind, got.kind) or {lost.kind, got.kind} == {"mask"}:
        return "slope", words
    if "activation" in (lost.kind, got.kind):
        return "activation", words
    return "another factor", words


def kind_of(atom: Atom) -> str:
    return "slope" if atom.kind in ("slope", "mask") else "another factor"
