"""A peer is asked what its users ask it: at which points, with which steps, and against which limit, all of it told."""

from __future__ import annotations

import warnings
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch

from verify.peers import check_grads, course, cs231n, gradcheck, taylor
from verify.peers.asked import answer, calls
from verify.peers.table import PEERS
from verify.peers.two_passes import both, two_passes
from verify.problem import Problem

X, Y = np.array([[1.0, 2.0, 4.0]]), np.array([0.5, -1.0])


def recorded(times: float = 1.0) -> tuple[Problem, list[Any]]:
    """Σ dout∗(x² Σy), its gradients times a factor, that of x carrying 1/2; and every point it is asked at."""
    asked: list[Any] = []

    def forward(x: Any, y: Any, n: int) -> Any:
        asked.append((x.copy(), y.copy()))
        return n * x**2 * np.sum(y)

    def backward(dout: Any, x: Any, y: Any, n: int) -> dict[str, Any]:
        asked.append(("backward", dout.copy(), x.copy(), y.copy()))
        return {"y": times * n * np.sum(dout * x**2) * np.ones(y.shape), "x": times * n * dout * x * np.sum(y)}

    inputs = {"y": Y.copy(), "n": 2, "x": X.copy()}
    return Problem("of", forward, backward, inputs, ("x", "y"), np.array([[1.0, 0.5, 2.0]]), {"x": 2}), asked


def listed(asked: Any) -> Any:
    return [x.tolist() if isinstance(x, np.ndarray) else listed(x) if isinstance(x, tuple) else x for x in asked]


def test_a_problem_is_asked_as_plain_calls_on_copies_in_the_order_of_what_is_differentiated() -> None:
    of, asked = recorded()
    on = calls(of)
    assert listed(on.arrays) == [X.tolist(), Y.tolist()]
    assert not any(np.shares_memory(a, b) for a, b in zip(on.arrays, (of.inputs["x"], of.inputs["y"]), strict=True))
    assert on.forward(2 * X, Y).tolist() == (2 * (2 * X) ** 2 * -0.5).tolist()
    dX, dY = on.backward(of.dout, 2 * X, Y)
    assert dX.tolist() == (2 * 2 * of.dout * 2 * X * -0.5).tolist()
    assert dY.tolist() == [2 * np.sum(of.dout * 4 * X**2)] * 2
    assert on.cost(of.dout, X, Y) == np.sum(of.dout * -(X**2))
    assert listed(asked[:2]) == [
        [(2 * X).tolist(), Y.tolist()],
        ["backward", of.dout.tolist(), (2 * X).tolist(), Y.tolist()],
    ]


def test_an_input_that_is_not_differentiated_is_a_copy_too_and_an_array_is_contiguous() -> None:
    z = np.arange(4.0)
    kept: list[Any] = []

    def forward(x: Any, z: Any) -> Any:
        kept.append((x, z))
        return x * np.sum(z)

    on = calls(Problem("of", forward, lambda dout, x, z: {"x": dout}, {"x": np.ones((3, 2)).T, "z": z}, ("x",), z))
    on.forward(*on.arrays)
    assert kept[0][1] is not z
    assert kept[0][1].tolist() == z.tolist()
    assert on.arrays[0].flags.c_contiguous


def test_whatever_warns_or_overflows_while_a_peer_is_asked_is_not_told() -> None:
    def accepted() -> bool:
        warnings.warn("nobody reads it", stacklevel=1)
        return bool(np.array([1e300]) * 1e300 > 0)

    with np.errstate(all="raise"):  # whatever its user has chosen
        assert answer(accepted) == "accepts"
        assert answer(lambda: not accepted()) == "rejects"


def test_two_passes_move_each_element_up_and_down_by_the_step_and_back() -> None:
    x, y = np.array([[1.0, 2.0], [4.0, 8.0]]), np.array([16.0])
    asked: list[Any] = []

    def J() -> Any:
        asked.append([*x.ravel().tolist(), *y.tolist()])
        return np.sum(x**2) + np.sum(y**3)

    found = two_passes(J, [x, y], 0.5)
    assert found.tolist() == [2.0, 4.0, 8.0, 16.0, 3 * 256 + 0.25]
    base = [1.0, 2.0, 4.0, 8.0, 16.0]
    assert asked == [[*base[:i], base[i] + h, *base[i + 1 :]] for i in range(5) for h in (0.5, -0.5)]
    assert [*x.ravel().tolist(), *y.tolist()] == base
    assert two_passes(J, [x, y], 0.5, [[3, 0], []]).tolist() == [16.0, 2.0]


def test_both_gradients_stand_in_one_row_each() -> None:
    of, _ = recorded()
    mine, theirs = both(of, calls(of), 0.5)
    assert mine.tolist() == [-2.0, -2.0, -16.0, *[2 * 35.0] * 2]
    assert theirs.tolist() == mine.tolist()


@pytest.mark.parametrize(("peer", "step"), [("the course's check", 1e-7), ("cs231n's check", 1e-5)])
def test_the_textbooks_ask_at_two_points_an_element_with_their_own_step(peer: str, step: float) -> None:
    of, asked = recorded()
    assert PEERS[peer](of) == "accepts"
    at = [x for x in asked if not isinstance(x[0], str)]
    want = []
    for name, size in ((0, 3), (1, 2)):
        for i in range(size):
            for h in (step, -step):
                moved = [X.copy(), Y.copy()]
                moved[name].reshape(-1)[i] += h
                want.append(moved)
    assert [listed(pair) for pair in at] == [listed(pair) for pair in want]


def test_the_course_finds_a_mistake_above_its_limit_alone() -> None:
    one = np.array([1.0, 0.0])
    for gap, said in ((3.9e-7, True), (4.1e-7, False)):
        assert course.accepted(one, np.array([1.0 + gap, 0.0])) is said
    assert course.accepted(np.array([3.0]), np.array([3.0 * (1 + 3.9e-7)]))
    assert course.accepted(np.zeros(2), np.zeros(2))  # 0/0 is no mistake: so the notebook words it
    exact = np.array([1.0, 1.0])
    at = 2.0**-22
    original, course.LIMIT = course.LIMIT, at / (2 + at)
    try:
        assert course.accepted(exact[:1], exact[:1] * (1 + at))
    finally:
        course.LIMIT = original


def test_cs231n_finds_a_mistake_where_one_element_is_above_the_limit_of_the_larger() -> None:
    assert cs231n.accepted(np.array([-1.0, 0.0]), np.array([-0.5, 0.0]), 0.5)
    assert cs231n.accepted(np.array([-0.5, 0.0]), np.array([-1.0, 0.0]), 0.5)
    assert not cs231n.accepted(np.array([1.0, 1.0]), np.array([1.0, 0.25]), 0.5)
    assert not cs231n.accepted(np.array([1.0]), np.array([-1.0]), 1.0)
    assert (cs231n.STEP, cs231n.WRONG, cs231n.UNCOMFORTABLE) == (1e-5, 1e-2, 1e-4)
    for times, said in ((1.0099, "accepts"), (1.0102, "rejects")):
        assert PEERS["cs231n's check"](recorded(times)[0]) == said


def test_the_taylor_test_goes_half_a_step_four_times_in_a_direction_that_is_always_the_same() -> None:
    of, asked = recorded()
    rate = taylor.rate(of)
    rng = np.random.default_rng(0)
    w = rng.standard_normal((1, 3)), rng.standard_normal(2)
    at = [x for x in asked if not isinstance(x[0], str)]
    steps = (0.0, 0.01, 0.005, 0.0025, 0.00125)
    assert [listed(pair) for pair in at] == [[(X + s * w[0]).tolist(), (Y + s * w[1]).tolist()] for s in steps]
    n, c = 2, of.dout
    slope = np.sum(n * c * 2 * X * np.sum(Y) * w[0]) + np.sum(n * c * X**2) * np.sum(w[1])

    def J(step: float) -> Any:
        return np.sum(c * (n * (X + step * w[0]) ** 2 * np.sum(Y + step * w[1])))

    left = [abs(J(s) - J(0) - s * slope) for s in steps[1:]]
    rates = [np.log2(a / b) for a, b in pairwise(left)]
    assert f"{rate:.6f}" == f"{min(rates):.6f}"
    assert min(rates) < max(rates)
    assert PEERS["Taylor test"](of) == "accepts"
    assert PEERS["Taylor test"](recorded(1.01)[0]) == "rejects"
    assert (taylor.STEPS, taylor.RATE) == ((0.01, 0.005, 0.0025, 0.00125), 1.9)


def test_a_rate_that_is_just_the_least_is_too_slow_and_of_a_constant_there_is_none(monkeypatch: Any) -> None:
    constant = Problem("0", lambda x: 0 * x, lambda dout, x: {"x": 0 * dout}, {"x": X.copy()}, ("x",), X)
    assert np.isnan(taylor.rate(constant))
    monkeypatch.setattr(taylor, "rate", lambda problem: taylor.RATE)
    assert PEERS["Taylor test"](constant) == "rejects"


@pytest.mark.parametrize(("name", "fast"), [("torch gradcheck", False), ("torch gradcheck, fast", True)])
def test_gradcheck_is_asked_with_its_defaults_and_gives_copies(name: str, fast: bool, monkeypatch: Any) -> None:
    of, _ = recorded()
    given: list[Any] = []

    def check(function: Any, inputs: Any, **options: Any) -> bool:
        given.append((inputs, options, function(*inputs)))
        return True

    monkeypatch.setattr(gradcheck, "check", check)
    assert PEERS[name](of) == "accepts"
    ((inputs, options, out),) = given
    assert options == {"fast_mode": fast}
    assert [(x.dtype, x.requires_grad, x.tolist()) for x in inputs] == [
        (torch.float64, True, X.tolist()),
        (torch.float64, True, Y.tolist()),
    ]
    assert out.tolist() == (-(X**2)).tolist()
    out.backward(torch.from_numpy(of.dout))
    assert [x.grad.tolist() for x in inputs] == [(of.dout * 2 * X * -1).tolist(), [70.0, 70.0]]


def test_the_fast_mode_of_gradcheck_asks_no_more_once_it_has_rejected() -> None:
    x = torch.linspace(0, 1, 200, dtype=torch.float64, requires_grad=True)
    asked = {True: 0, False: 0}

    def accepted(fast: bool) -> bool:
        def forward(x: Any) -> Any:
            asked[fast] += 1
            return x**2

        return gradcheck.accepted(forward, lambda dout, x: (3 * dout * x,), [x], fast)

    assert [accepted(True), accepted(False)] == [False, False]
    assert asked[True] <= 33
    assert asked[False] > 200


def test_gradcheck_takes_a_view_and_negative_strides() -> None:
    flip = Problem("flip", lambda x: x[::-1], lambda dout, x: {"x": dout[::-1]}, {"x": Y.copy()}, ("x",), Y)
    x = np.arange(6.0).reshape(2, 3)
    turn = Problem("turn", lambda x: x.T, lambda dout, x: {"x": dout.T}, {"x": x.T}, ("x",), x)
    assert [ask(of) for of in (flip, turn) for ask in (gradcheck.slow, gradcheck.fast)] == ["accepts"] * 4


@pytest.mark.skipif(not find_spec("jax"), reason="needs JAX, which is optional")
def test_check_grads_is_asked_in_float64_of_the_arrays_as_they_are(monkeypatch: Any) -> None:
    import jax
    from jax import test_util

    of, asked = recorded()
    assert check_grads.check_grads(of) == "accepts"
    assert check_grads.check_grads(recorded(2.0)[0]) == "rejects"
    assert {x.dtype for pair in asked for x in pair if isinstance(x, np.ndarray)} == {np.dtype(np.float64)}
    told: list[Any] = []
    monkeypatch.setattr(test_util, "check_grads", lambda *given, **options: told.append((given[1:], options)))
    with jax.enable_x64(False):
        assert check_grads.check_grads(of) == "accepts"
        assert not jax.config.jax_enable_x64
    (((inputs,), options),) = told
    assert options == {"order": 1, "modes": ["rev"]}
    assert [(x.dtype, x.tolist()) for x in inputs] == [(np.float64, X.tolist()), (np.float64, Y.tolist())]


def test_jax_that_is_not_installed_cannot_run_and_says_how_it_would(monkeypatch: Any) -> None:
    monkeypatch.setattr(check_grads, "find_spec", lambda name: None if name == "jax" else find_spec(name))
    assert check_grads.check_grads(recorded()[0]) == "cannot run: not installed: pip install 'handgrad[peers]'"
