"""NumPy's doors: a number of ours has an array's methods and arguments, and says in full what it does not do."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from flint import arb

from verify.arithmetic import duck
from verify.arithmetic.balls import Balls
from verify.arithmetic.bounds import Bounds
from verify.arithmetic.duck import Unsupported, collected

Array = np.ndarray[Any, Any]
Make = Callable[[Any], Any]

# Small whole numbers: neither floats nor bounds err on them.
X = np.array([[3.0, -1.0, 4.0, 2.0], [-5.0, 9.0, -2.0, 6.0]])
CUBE = np.array([[[k * 7 % 11 - 5.0 + i - 2 * j for k in range(4)] for j in range(3)] for i in range(2)])


def doubted(x: Any) -> Bounds:
    """Each off by half of what it is: wherever an element goes, its bound must have gone too."""
    return Bounds.of(np.asarray(x, np.float32), np.abs(x) / 2)


def values(x: Any) -> Any:
    return (x.mid() if isinstance(x, Balls) else x.value).tolist()


METHODS: dict[str, Callable[[Any], Any]] = {
    "squeeze": lambda x: x[:1, :, None, None].squeeze(2), "squeeze by name": lambda x: x[:1, None].squeeze(axis=1),
    "take": lambda x: x.take([2, 0], 1), "take one": lambda x: x.take(5), "repeat": lambda x: x.repeat(2, 1),
    "diagonal": lambda x: np.stack([x, -x]).diagonal(1, 0, 2), "the diagonal": lambda x: x.diagonal(),
    "swapaxes": lambda x: x[None].swapaxes(0, 2),
    "ravel": lambda x: x.ravel("F"), "flatten": lambda x: x.flatten("F"), "in rows": lambda x: x.ravel(),
    "in rows, as a copy": lambda x: x.flatten(), "T": lambda x: x.T,
    "reshape": lambda x: x.reshape(4, 2, order="F"), "reshape to a tuple": lambda x: x.reshape((4, -1)),
    "transpose": lambda x: x[None].transpose(1, 0, 2), "copy": lambda x: x.copy("K"), "mT": lambda x: x[None].mT,
    "row": lambda x: x[1], "rows": lambda x: list(x)[1], "mask": lambda x: x[X > 0], "one": lambda x: x[1, 2],
    "astype": lambda x: x.astype("f4"), "to objects": lambda x: x.astype(object),
    "copy.copy": copy.copy, "copy.deepcopy": copy.deepcopy, "np.copy": np.copy,
}  # fmt: skip


@pytest.mark.parametrize("name", METHODS)
def test_a_method_moves_elements_and_their_bounds_where_ndarrays_does(name: str) -> None:
    found, want = METHODS[name](doubted(X)), METHODS[name](X)
    assert (found.value.tolist(), found.err.tolist()) == (want.tolist(), (np.abs(want) / 2).tolist())
    assert (found.value.dtype, found.err.dtype, found.dtype) == (np.float32, np.float64, np.float32)
    exact = METHODS[name](Balls.of(X))
    assert (exact.mid().tolist(), exact.parts[0].dtype, exact.dtype) == (want.tolist(), object, np.float64)


COMPUTES: dict[str, Callable[[Any], Any]] = {
    **{f"{name} along the last axis": lambda x, name=name: getattr(x, name)(2)
       for name in ("sum", "mean", "var", "max", "min", "argmax", "argmin", "prod", "cumsum")},
    **{f"{name} with its axis kept": lambda x, name=name: getattr(x, name)(axis=-1, keepdims=True)
       for name in ("sum", "mean", "var", "max", "min", "argmax", "argmin", "prod")},
    "std": lambda x: x[:, :2, :1].std(1, keepdims=True), "var, one less": lambda x: x[:1, :2, :3].var(1, ddof=1),
    "clip": lambda x: x.clip(-2, 1), "clip by name": lambda x: x.clip(min=-2, max=1), "dot": lambda x: x.dot(X[0]),
    "matmul": lambda x: x @ X.T, "the trace": lambda x: x.trace(),
    "trace": lambda x: x.trace(1, 0, 2), "trace by name": lambda x: x.trace(offset=-1, axis1=2, axis2=1),
    "the ufunc's sum": np.add.reduce, "the ufunc's product": lambda x: np.multiply.reduce(x[:, 0], keepdims=True),
    "the ufunc's maximum": np.maximum.reduce, "the ufunc's minimum": lambda x: np.minimum.reduce(x, axis=(1, 2)),
    "len": len, "greater": lambda x: np.greater(x, 0), "out": lambda x: np.greater(x[0], 0, np.ones((3, 4), bool)),
    "with a dtype": lambda x: np.add(x, 1, dtype=np.float64), "with a casting": lambda x: np.add(x, 1, casting="safe"),
    "with an order": lambda x: np.add(x, 1, order="C"), "with subok": lambda x: np.add(x, 1, subok=False),
    "with a signature": lambda x: np.add(x, 1, signature="dd->d"),
}  # fmt: skip


@pytest.mark.parametrize("name", COMPUTES)
def test_a_method_computes_what_ndarrays_does_with_the_same_arguments(name: str) -> None:
    for x in (Balls.of(CUBE), Bounds.of(CUBE)):
        found, want = COMPUTES[name](x), COMPUTES[name](CUBE)
        assert np.shape(found) == np.shape(want)
        if np.asarray(want).dtype.kind == "f":
            assert type(found) is type(x)
            assert values(found) == want.tolist()
        else:
            assert type(found) is type(want)
            assert np.array_equal(found, want)


def test_every_name_that_is_offered_is_there() -> None:
    assert all(hasattr(duck, name) for name in duck.__all__)


# --- writing ----------------------------------------------------------------------------------------------------------
WRITES: dict[str, Callable[[Any, Make], Any]] = {
    "one value everywhere": lambda z, make: z.fill(make(5.0)),
    "plain numbers added into ours": lambda z, make: np.add(np.ones(2), 4, out=z),
    "a plain sum into ours": lambda z, make: np.sum([5 * np.eye(2)] * 2, axis=1, out=z),
    "a plain stack into ours": lambda z, make: np.stack([[5.0, 5.0]] * 2, out=z),
    "a plain reduction into ours": lambda z, make: np.add.reduce([[[2, 1], [0, 5]], [[3, 4], [5, 0]]], out=z),
    "ours joined into ours": lambda z, make: np.concatenate([make([[5.0, 5.0]])] * 2, out=z),
    "a row": lambda z, make: z.__setitem__(slice(None), make([5.0, 5.0])),
    "element by element": lambda z, make: [z.__setitem__(i, make(5.0)) for i in np.ndindex(2, 2)],
}  # fmt: skip


@pytest.mark.parametrize("name", WRITES)
def test_what_is_written_into_ours_is_all_that_is_there(name: str) -> None:
    makes: list[Make] = [Balls.of, lambda x: Bounds.of(x, 0.5)]
    for make in makes:
        z = make(np.ones((2, 2)))
        WRITES[name](z, make)
        assert values(z) == [[5, 5], [5, 5]]
        if isinstance(z, Bounds):
            assert (z.err == 0.5).all() if "plain" not in name else (z.err <= np.spacing(5.0)).all()


def test_an_index_named_twice_counts_twice() -> None:
    z = Balls.of(X)
    np.add.at(z, ([0, 0, 1], [1, 1, 2]), Balls.of([10.0, 200.0, 3000.0]))
    np.add.at(z, 1, 4)
    assert z.mid().tolist() == [[3, 209, 4, 2], [-1, 13, 3002, 10]]


def test_out_is_what_is_handed_back() -> None:
    z, mask = Balls.of(np.ones((2, 2))), np.zeros((2, 2), bool)
    assert np.add(z, 1, out=z) is z
    assert np.sum(np.ones((2, 2, 2)), axis=0, out=z) is z
    assert np.stack([z[0], z[1]], out=z) is z
    assert np.greater(z, 0, out=mask) is mask
    assert mask.all()


def test_objects_are_gathered_as_one_number_with_every_part() -> None:
    found = collected(np.array([[doubted(2.0), 3.0], [doubted(-4.0), doubted(6.0)]], dtype=object))
    assert (found.value.tolist(), found.err.tolist()) == ([[2, 3], [-4, 6]], [[1, 0], [2, 3]])
    assert (found.value.dtype, found.err.dtype) == (np.float32, np.float64)
    for other in (3.0, [doubted(1.0)], np.ones(2), np.array(["a"], dtype=object)):
        assert collected(other) is other
    listed = np.array(doubted(X), dtype=object)
    assert [(x.value, x.err) for x in listed.ravel()] == [(x, abs(x) / 2) for x in X.ravel()]
    assert listed.shape == (2, 4)


# --- what is refused, in a whole sentence -----------------------------------------------------------------------------
PLAIN = "into a plain float64 array would drop what Balls carries"
REFUSED: dict[str, Callable[[Any], Any]] = {
    "np.sort does not run on Balls": np.sort,
    "np.add(where=...) does not run on Balls": lambda x: np.add(x, x, where=X > 0),
    "np.vecdot(axis, keepdims=...) does not run on Balls": lambda x: np.vecdot(x, x, axis=0, keepdims=True),
    "np.add.accumulate does not run on Balls": np.add.accumulate,
    "np.hypot.reduce does not run on Balls": np.hypot.reduce,
    "np.multiply.at does not run on Balls": lambda x: np.multiply.at(x, 0, 2),
    "np.sum does not run so on Balls: got an unexpected keyword argument 'initial'": lambda x: np.sum(x, initial=1),
    "a mask of Bounds is not decided everywhere, and selects nothing": lambda x: x[Bounds.of(X, 1.0) > 0],
    "astype(int64) would drop what Balls carries": lambda x: x.astype("i8"),
    "astype(<U1) would drop what Balls carries": lambda x: x.astype("U1"),
    "Balls does not turn into a plain number or array: it would drop its bound": lambda x: float(x[0, 0]),
    "Balls does not turn into a plain number or array: it would drop its bound ": lambda x: x.tolist(),
    "Balls does not turn into a plain number or array: it would drop its bound  ": lambda x: np.array(x, dtype=float),
    "the truth of a Balls is not decided; compare it with something": bool,
    f"an in-place sum {PLAIN}": lambda x: np.sum(x, axis=0, out=np.zeros(4)),
    f"an in-place subtract {PLAIN}": lambda x: np.subtract(1, x, out=np.zeros((2, 4))),
    f"an in-place concatenate {PLAIN}": lambda x: np.concatenate([x, x], out=np.zeros((4, 4))),
    f"an in-place amax {PLAIN}".replace("float64", "int64"): lambda x: np.amax(x, axis=0, out=[0, 0, 0, 0]),
}  # fmt: skip


@pytest.mark.parametrize("said", REFUSED)
def test_what_does_not_run_is_refused_with_its_name_and_kind(said: str) -> None:
    with pytest.raises(Unsupported) as refused:
        REFUSED[said](Balls.of(X))
    assert str(refused.value) == said.rstrip()


def test_an_undecided_comparison_is_not_written_into_plain_truths() -> None:
    with pytest.raises(Unsupported) as refused:
        np.greater(Bounds.of(X, 9.0), 0, out=np.zeros((2, 4), bool))
    assert str(refused.value) == "an in-place greater into a plain bool array would drop what Bounds carries"


def test_what_does_not_fit_into_what_is_there_is_not_written() -> None:
    x = Balls.of(X)
    with pytest.raises(ValueError, match="an in-place") as refused:
        np.add(x[0], x, out=x[0])
    assert str(refused.value) == "an in-place add gives shape (2, 4); what it writes into has (4,)"
    assert x.mid().tolist() == X.tolist()


def test_a_copy_shares_nothing_with_what_it_was_copied_from() -> None:
    for twin in (copy.copy, copy.deepcopy, np.copy, lambda x: x.copy(order="F"), lambda x: x.astype(float)):
        x = Balls.of(X)
        twin(x)[...] = arb(9)
        assert x.mid().tolist() == X.tolist()
