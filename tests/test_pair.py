"""The two functions of a user: how they are called, what is told from what comes back, what is refused in a sentence.

`handgrad.check` as a whole is in tests/test_check.py; here each answer is held in full.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from verify.arithmetic.balls import Balls
from verify.check import check
from verify.errors import UserError
from verify.pair import Pair, draws_given_back, told

Array = np.ndarray[Any, Any]
W, X = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), np.array([[0.5], [-0.25]])
GIVEN = {"W": W, "x": X}


def product(W: Any, x: Any) -> Any:
    return W @ x


def both(dout: Any, W: Any, x: Any) -> Any:
    return dout @ x.T, W.T @ dout


def pair(forward: Callable[..., Any] = product, backward: Any = both, *, constants: Any = None, **more: Any) -> Pair:
    return Pair(forward, backward, ("W", "x"), constants or {}, more.pop("loss", False), ("W", "x"), **more)


def sentence(call: Callable[[], Any]) -> str:
    with pytest.raises(UserError) as caught:
        call()
    return str(caught.value)


# --- what forward returns ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("forward", "returns", "cached"),
    [
        (product, None, False), (product, "out", False),
        (lambda W, x: (W @ x, (W, x)), None, True), (lambda W, x: (W @ x, None), None, True),
        (lambda W, x: (W @ x, {"W": W}), "out, cache", True), (lambda W, x: (W @ x, W), "out, cache", True),
        (lambda W, x: (W @ x, "W", W), "out, cache", True), (lambda W, x: (W @ x,), "out, cache", True),
    ],
)  # fmt: skip
def test_whether_a_cache_comes_with_the_output_is_told_from_what_comes_back(
    forward: Callable[..., Any], returns: str | None, cached: bool
) -> None:
    out, found = told(pair(forward), GIVEN, returns)
    assert (out.tolist(), found) == ([[0.0], [0.5], [1.0]], cached)


def test_of_a_loss_the_first_of_the_two_is_the_output_and_no_cache() -> None:
    out, cached = told(pair(lambda W, x: (np.float64(3.0), {"dW": W}), loss=True), GIVEN, None)
    assert (out.shape, float(out), cached) == ((), 3.0, False)


TWO = (
    "forward returned two arrays, which may be (out, cache) or two outputs; give returns='out, cache' where the second "
    "is a cache, or return one array"
)
FIRST = (
    "loss=True wants (loss, gradients), in this order; forward returned the gradients first: wrap it, as in "
    "lambda *args: propagate(*args)[::-1]"
)
SEVERAL = (
    "forward's output is a tuple of {}; return one array, putting several outputs together with np.concatenate, and "
    "take their upstream gradient apart in backward"
)
LOSS = "loss=True wants a forward that returns (loss, gradients); it returned {}"
KINDS: list[Any] = [W, np.float64(2.0), 2.0, 2, np.True_]


@pytest.mark.parametrize(
    ("forward", "loss", "returns", "said"),
    [
        *((lambda W, x, second=second: (W @ x, second), False, None, TWO) for second in KINDS),
        (lambda W, x: (W @ x, (W,)), False, "out", TWO),
        (lambda W, x: (W, x, W), False, None, "forward returned a tuple of 3; return one array, or (out, cache)"),
        (lambda W, x: (W,), False, None, "forward returned a tuple of 1; return one array, or (out, cache)"),
        (lambda W, x: (), False, None, "forward returned a tuple of 0; return one array, or (out, cache)"),
        (lambda W, x: ((W, x), None), False, None, SEVERAL.format(2)),
        (lambda W, x: ([W, x, W], None), False, None, SEVERAL.format(3)),
        (product, False, "out, cache", "returns='out, cache' was given, but forward returned an array of shape (3, 1)"),
        (lambda W, x: 2.0, False, "out, cache", "returns='out, cache' was given, but forward returned a float"),
        (lambda W, x: None, False, None, "forward's output is of dtype object; a gradient needs floating numbers"),
        (lambda W, x: (1, {}), False, None, "forward's output is of dtype int64; a gradient needs floating numbers"),
        (product, True, None, LOSS.format("an array of shape (3, 1)")),
        (lambda W, x: [1.0, {}], True, None, LOSS.format("a list")),
        (lambda W, x: (1.0, {}, {}), True, None, LOSS.format("a tuple of 3")),
        *((lambda W, x, first=first: (first, 1.0), True, None, FIRST) for first in ({"dW": W}, (W, X), [W, X])),
        (lambda W, x: (1, {}), True, None, "forward's output is of dtype int64; a gradient needs floating numbers"),
    ],
)  # fmt: skip
def test_what_forward_returns_is_never_guessed(
    forward: Callable[..., Any], loss: bool, returns: str | None, said: str
) -> None:
    assert sentence(lambda: told(pair(forward, loss=loss), GIVEN, returns)) == said


def test_a_forward_that_draws_numbers_of_its_own_is_refused_whether_a_cache_comes_with_them_or_not() -> None:
    draws = (
        "forward gave two results for the same inputs, so it draws random numbers of its own; draw them outside and "
        "give them as a constant, or seed the generator inside forward"
    )
    for once in (lambda out: out, lambda out: (out, None)):
        rng = np.random.default_rng(1)
        assert sentence(lambda: told(pair(lambda W, x: once(rng.random(3))), GIVEN, None)) == draws  # noqa: B023
    # A NaN is the same number twice; what is no number is not compared.
    assert told(pair(lambda W, x: (np.full(2, np.nan), None)), GIVEN, None)[1]
    assert not told(pair(lambda W, x: W @ x * np.inf - np.inf), GIVEN, None)[1]


def test_a_forward_that_overflows_on_the_given_inputs_is_run_without_a_warning() -> None:
    assert np.isinf(told(pair(lambda W, x: np.exp(1000 * W)), GIVEN, None)[0]).all()


# --- how the two are called -------------------------------------------------------------------------------------------
def test_the_output_and_the_gradients_are_those_of_forward_and_backward() -> None:
    dout = np.array([[1.0], [2.0], [3.0]])
    cached = pair(lambda W, x: (W @ x, (W, x)), lambda dout, cache: both(dout, *cache), cached=True)
    loss = pair(lambda W, x: (W @ x, both(dout, W, x)), None, loss=True)
    for one in (pair(), cached, loss):
        assert one.out(**GIVEN).tolist() == [[0.0], [0.5], [1.0]]
        found = one.gradients(dout, (), **GIVEN)
        assert list(found) == ["W", "x"]
        assert found["W"].tolist() == [[0.5, -0.25], [1.0, -0.5], [1.5, -0.75]]
        assert found["x"].tolist() == [[22.0], [28.0]]
        assert list(one.gradients(dout, ("x",), **GIVEN)) == ["x"]
        assert one.overwritten == set()


def test_without_a_backward_the_way_out_is_named() -> None:
    assert sentence(lambda: pair(backward=None).gradients(np.ones((3, 1)), (), **GIVEN)) == (
        "backward is missing; give it, or loss=True where forward returns (loss, gradients) itself"
    )


def keywords(x: Any, factor: Any, W: Any) -> Any:
    """The order is not that of the inputs: by name it is called rightly."""
    return factor * (W @ x)


def placed(a: Any, b: Any, c: Any) -> Any:
    return c * (a @ b)


def half_named(W: Any, b: Any, factor: Any) -> Any:
    """Not all names are its own, so it is called by places."""
    return factor * (W @ b)


@pytest.mark.parametrize("forward", [keywords, placed, half_named])
def test_constants_go_by_keyword_where_all_names_are_the_functions_own_and_else_after_the_inputs(
    forward: Callable[..., Any],
) -> None:
    assert pair(forward, constants={"factor": 2.0}).out(**GIVEN).tolist() == [[0.0], [1.0], [2.0]]


def test_without_constants_inputs_go_by_their_places_whatever_their_names() -> None:
    assert pair(lambda x, W: x @ W).out(**GIVEN).tolist() == [[0.0], [0.5], [1.0]]
    assert pair(np.matmul).out(**GIVEN).tolist() == [[0.0], [0.5], [1.0]]


def test_a_function_whose_signature_python_does_not_know_is_called_by_its_places() -> None:
    with pytest.raises(ValueError, match="no signature"):
        inspect.signature(max)
    assert pair(max, constants={"key": 2.0}).out(W=1.0, x=1.5) == 2.0
    assert pair(backward=max).gradients((3.0, 4.0), (), W=(1.0, 5.0), x=(2.0, 0.0)) == {"W": 3.0, "x": 4.0}


WRAP = (
    "; inputs and constants name its arguments in their order, and a layer that keeps something itself wants a "
    "wrapper: lambda dout, x: layer.backward(dout)"
)


def test_a_function_that_cannot_take_what_it_is_given_is_told_what_that_was() -> None:
    many = pair(lambda W: W, lambda dout: dout, constants={"y": 1})
    assert sentence(lambda: many.out(**GIVEN)) == (
        f"forward cannot be called with W, x, y (too many positional arguments){WRAP}"
    )
    assert sentence(lambda: many.gradients(W, (), **GIVEN)) == (
        f"backward cannot be called with dout, W, x, y (too many positional arguments){WRAP}"
    )
    few = "missing a required argument: 'b'"
    assert sentence(lambda: pair().called(lambda a, x, b: a, GIVEN, {})) == (
        f"reference cannot be called with W, x ({few}){WRAP}"
    )
    assert sentence(lambda: pair(3).out(**GIVEN)) == (  # type: ignore[arg-type]
        f"forward cannot be called with W, x (3 is not a callable object){WRAP}"
    )
    with pytest.raises(TypeError, match="raised inside"):
        pair(raising).out(**GIVEN)


def raising(W: Any, x: Any) -> Any:
    raise TypeError("raised inside")


def test_what_is_said_of_the_two_functions_to_check_reaches_them() -> None:
    def forward(W: Any, k: Any, x: Any) -> Any:
        return k * (W @ x), W @ x

    def backward(dout: Any, cache: Any) -> Any:
        return 3 * dout @ X.T, 3 * W.T @ dout  # of the floating inputs alone

    given = {"W": W, "k": np.array(3), "x": X}
    rows = check(forward, backward, given, returns="out, cache", oracles="exact", source=False)
    assert [(row.quantity, row.verdict) for row in rows] == [("dW", "pass"), ("dx", "pass")]


# --- nothing that is handed on is shared ------------------------------------------------------------------------------
def doubled(W: Any, x: Any) -> Any:
    W *= 2
    return W @ x


def spoiling(dout: Any, W: Any, x: Any) -> Any:
    gradients = dout @ x.T, W.T @ dout
    x += 1
    dout -= 1
    return gradients


def test_what_is_overwritten_is_named_and_the_callers_own_stays_as_it_was() -> None:
    given, dout = {"W": W.copy(), "x": X.copy()}, np.ones((3, 1))
    one = pair(doubled, spoiling)
    assert one.out(**given).tolist() == one.out(**given).tolist() == [[0.0], [1.0], [2.0]]
    assert one.overwritten == {"forward overwrites W"}
    one.gradients(dout, (), **given)
    assert one.overwritten == {
        "forward overwrites W", "backward overwrites x", "backward overwrites the upstream gradient",
    }  # fmt: skip
    assert np.array_equal(given["W"], W)
    assert np.array_equal(given["x"], X)
    assert np.array_equal(dout, np.ones((3, 1)))


@pytest.mark.parametrize("at", [lambda c: c[0], lambda c: c[1]["kept"][0], lambda c: c[1]["kept"][1][0]])
def test_writing_into_an_array_at_any_depth_of_the_cache_is_named(at: Callable[[Any], Any]) -> None:
    def forward(W: Any, x: Any) -> Any:
        return W @ x, (W.copy(), {"kept": [x.copy(), (W.copy(), "text")]})

    def backward(dout: Any, cache: Any) -> Any:
        at(cache)[0] = 7.0
        return both(dout, W, X)

    assert pair(forward).overwritten == set()
    writing = pair(forward, backward, cached=True)
    writing.gradients(np.ones((3, 1)), (), **GIVEN)
    assert writing.overwritten == {"backward overwrites its cache"}
    reading = replace(writing, backward=lambda dout, cache: both(dout, cache[0], X), overwritten=set())
    reading.gradients(np.ones((3, 1)), (), **GIVEN)
    assert reading.overwritten == set()


def test_a_nan_or_a_whole_number_that_stays_is_not_called_overwritten() -> None:
    given = {"W": np.array([np.nan, 1.0]), "x": np.array([1, 2])}
    one = pair(lambda W, x: W, lambda dout, W, x: (dout, None))
    one.gradients(np.array([np.nan, 1.0]), (), **given)
    assert one.overwritten == set()

    def changing(W: Any, x: Any) -> Any:
        x += 1
        return W

    other = pair(changing)
    other.out(**given)
    assert other.overwritten == {"forward overwrites x"}


def test_constants_and_lists_of_arrays_are_fresh_in_every_run() -> None:
    def forward(W: Any, x: Any, kept: Any) -> Any:
        kept.append(1)
        x[0] *= 2
        return W * len(kept) + x[0]

    kept: list[int] = []
    one = pair(forward, constants={"kept": kept})
    given = {"W": np.array([1.0]), "x": [np.array([3.0])]}
    assert one.out(**given).tolist() == one.out(**given).tolist() == [7.0]
    assert (kept, given["x"]) == ([], [np.array([3.0])])


def test_numbers_of_another_arithmetic_are_fresh_in_every_run_too() -> None:
    ball = Balls.of(np.array([2.0, 3.0]))

    def forward(W: Any, x: Any) -> Any:
        W[0] = 5.0 * W[0]
        return W * x

    for _ in range(2):
        assert [float(v) for v in pair(forward).out(W=ball, x=1.0).mid()] == [10.0, 3.0]
    assert [float(v) for v in ball.mid()] == [2.0, 3.0]


def test_a_mask_of_numpys_global_generator_is_the_same_in_forward_and_backward_and_the_callers_goes_on() -> None:
    def forward(W: Any, x: Any) -> Any:
        return W * np.random.rand()  # noqa: NPY002

    def backward(dout: Any, W: Any, x: Any) -> Any:
        return dout * np.random.rand(), None  # noqa: NPY002

    np.random.seed(5)  # noqa: NPY002
    with draws_given_back():
        one = pair(forward, backward)
        share = float(one.out(W=1.0, x=X))
        assert share == float(one.out(W=1.0, x=X)) == one.gradients(1.0, (), W=1.0, x=X)["W"]
    assert np.random.rand() == share  # noqa: NPY002
    with pytest.raises(ZeroDivisionError), draws_given_back():
        [np.random.rand() / 0]  # noqa: NPY002
    second = np.random.rand()  # noqa: NPY002
    np.random.seed(5)  # noqa: NPY002
    assert np.random.rand(2).tolist() == [share, second]  # noqa: NPY002


# --- which gradient belongs to which input ----------------------------------------------------------------------------
def returning(found: Any, wrt: tuple[str, ...] = (), floating: tuple[str, ...] = ("a", "b")) -> dict[str, Any]:
    names = ("a", "n", "b")
    one = Pair(lambda a, n, b: a, lambda dout, a, n, b: found, names, {}, False, floating)
    return dict(one.gradients(1.0, wrt, a=1.0, n=2, b=3.0))


@pytest.mark.parametrize(
    ("found", "wrt", "wanted"),
    [
        ((1, 2, 3), (), {"a": 1, "n": 2, "b": 3}),
        ([1, None, 3], (), {"a": 1, "b": 3}),
        ((1, 3), (), {"a": 1, "b": 3}),  # the floating ones
        ((1, 2, 3), ("b",), {"b": 3}),
        (7, ("b",), {"b": 7}),
        ({"da": 1, "b": 3}, (), {"a": 1, "b": 3}),
        ({"db": 3, "dn": None, "da": 1}, (), {"a": 1, "b": 3}),
        ({"da": 1, "db": 3}, ("b",), {"b": 3}),
        ({"da": 1}, (), {"a": 1}),
        ({"da": 1, "extra": 5}, ("a",), {"a": 1}),
        ({"da": 1, "db": 3, "extra": 5}, (), {"a": 1, "b": 3}),
        ({"da": 1, "a": 5, "b": 3}, (), {"a": 1, "b": 3}),  # beside its gradient, a is what became of the input
    ],
)
def test_gradients_belong_to_the_inputs_by_order_or_by_name(
    found: Any, wrt: tuple[str, ...], wanted: dict[str, Any]
) -> None:
    assert list(returning(found, wrt).items()) == list(wanted.items())


MISNAMED = (
    "backward returned no gradient for a, b, but grad_a, 3, which is the name of none; call it da, db, or give "
    "wrt=[...] with those to check"
)
MISCOUNTED = (
    "backward returned {} gradients for the 3 inputs a, n, b; give wrt=[...] with the names that they belong to, in "
    "their order"
)


@pytest.mark.parametrize(
    ("found", "wrt", "said"),
    [
        ({"y": 1, "grad": 2}, (), "backward returned a dict with the keys y, grad; it wants da, dn, db"),
        ({}, (), "backward returned a dict with the keys ; it wants da, dn, db"),
        ({"dn": 1, "grad_a": 2, 3: 4}, (), MISNAMED),
        ((1, 2, 3, 4), (), MISCOUNTED.format(4)),
        (1, (), MISCOUNTED.format(1)),
    ],
)
def test_gradients_that_belong_to_no_input_are_asked_about(found: Any, wrt: tuple[str, ...], said: str) -> None:
    assert sentence(lambda: returning(found, wrt)) == said
