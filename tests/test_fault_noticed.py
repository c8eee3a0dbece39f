"""The smallest error that is noticed: looked for by halving, at every size, by oracles and peers."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import numpy as np
import pytest

from verify.faults import noticed
from verify.problem import Problem
from verify.records.experiment import Experiment, Series, Statistic
from verify.records.verdict import FAIL, PASS
from verify.setting import Setting


@pytest.mark.parametrize("largest", [0, 1, 17, 51, 52])
def test_the_finest_is_found_by_halving_and_never_beyond_the_last_digit(largest: int) -> None:
    asked: list[int] = []

    def notices(k: int) -> bool:
        asked.append(k)
        return k <= largest or largest == noticed.FINEST

    assert noticed._finest(notices) == largest
    assert asked[:2] == [26, 13 if largest < 26 else 39]
    assert len(asked) <= 6
    assert all(1 <= k <= 52 for k in asked)


def test_autograd_is_given_the_layer_itself_to_differentiate() -> None:
    problem = noticed._problem(2, 1, 3)
    assert problem.reference is problem.forward


def test_one_oracle_alone_is_asked_in_one_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Setting] = []
    monkeypatch.setattr(noticed, "judge", lambda problem, setting: asked.append(setting) or [])
    assert not noticed._oracle("autograd", "float32", 2, 1, 3)
    assert asked == [Setting(dtypes=("float32",), oracles=frozenset({"autograd"}))]


def test_the_gradient_of_the_layer_is_right_but_for_its_largest_element() -> None:
    right, wrong = noticed._problem(3, None, 5), noticed._problem(3, 20, 5)
    dout, given = right.dout, right.inputs
    exact = dout @ given["A_prev"].T
    assert right.forward(**given).tolist() == (given["W"] @ given["A_prev"]).tolist()
    assert right.backward(dout, **given)["W"].tolist() == exact.tolist()
    factors = np.ones((3, 3))
    factors[np.unravel_index(np.argmax(np.abs(exact)), (3, 3))] = 1 + 2.0**-20
    assert wrong.backward(dout, **given)["W"].tolist() == (exact * factors).tolist()
    single = wrong.backward(dout.astype(np.float32), **{k: x.astype(np.float32) for k, x in given.items()})["W"]
    assert single.dtype == np.float32
    assert noticed._problem(3, None, 6).inputs["W"].tolist() != given["W"].tolist()
    assert (right.formula, right.wrt, right.seed) == ("deep.dW", ("W",), 5)


def peer(rejects_below: float, of_right: str = "accepts") -> Callable[[Problem], str]:
    """One that rejects a gradient whose largest relative error is above a bound."""

    def asked(problem: Problem) -> str:
        mine = problem.backward(problem.dout, **problem.inputs)["W"]
        error = np.max(np.abs(mine / (problem.dout @ problem.inputs["A_prev"].T) - 1))
        return of_right if error == 0 else "rejects" if error > rejects_below else "accepts"

    return asked


def test_the_smallest_error_is_looked_for_at_every_size() -> None:
    assert noticed._errors(lambda n, k, seed: k <= n + seed, 1) == [2.0 ** -(n + 1) for n in (2, 4, 8, 16, 32)]


def test_four_oracles_are_asked_each_where_it_works_from_seed_0() -> None:
    assert list(noticed.ORACLES) == ["certificate", "autograd", "complex step", "differences"]
    for name, dtypes in noticed.ORACLES.items():
        assert all(noticed._oracle(name, dtype, 2, 1, 0) for dtype in dtypes)
        assert set(dtypes) <= {"float64", "float32"}
    assert set(noticed.ORACLES["autograd"]) == {"float64", "float32"}
    assert 4 * np.finfo(np.float64).eps == 2.0**-noticed.ROUNDING  # two units in the last place on either side
    assert inspect.signature(noticed.noticed).parameters["seed"].default == 0


def test_an_oracle_notices_where_it_alone_fails_and_a_peer_where_it_accepts_the_right_gradient() -> None:
    assert [noticed._oracle("differences", "float64", 2, k, 1) for k in (1, 45)] == [True, False]
    assert not noticed._oracle("nobody", "float64", 2, 1, 1)
    assert noticed._peer(peer(2.0**-9.5), 3, 9, 1)
    assert not noticed._peer(peer(2.0**-9.5), 3, 10, 1)
    assert not noticed._peer(peer(0.0, "rejects"), 3, 9, 1)
    assert not noticed._peer(peer(0.0, "cannot run"), 3, 9, 1)


@pytest.mark.parametrize(("rounding", "stated", "verdict"), [(50, "8.9e-16", PASS), (53, "1.1e-16", FAIL)])
def test_what_is_noticed_is_an_experiment_that_fails_where_the_certificate_misses_a_fault(
    rounding: int, stated: str, verdict: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A peer that notices nothing has no line; nor has one that would reject the right gradient too."""
    monkeypatch.setattr(noticed, "SIZES", (2,))
    monkeypatch.setattr(noticed, "ORACLES", {"certificate": ("float64",)})
    monkeypatch.setattr(noticed, "ROUNDING", rounding)
    peers = {"rough": peer(2.0**-9.5), "blind": peer(np.inf), "strict": peer(0.0, "rejects")}
    found = noticed.noticed(peers)
    certificate, rough = found.series
    assert found == Experiment(
        "deep.dW", "The smallest relative error that is noticed", noticed.STATEMENT,
        (Statistic("the certificate's, at every size", f"{certificate.y[0]:.1e}", stated, verdict),), verdict,
        "n = p = m", "relative error of one element", "xy", (certificate, rough),
    )  # fmt: skip
    assert certificate == Series("certificate", (2.0,), certificate.y, panel="float64", quantity="error")
    assert rough == Series("rough", (2.0,), (2.0**-9,), panel="float64", quantity="error")
    assert 2.0**-52 < certificate.y[0] <= 2.0**-50
