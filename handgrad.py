"""handgrad: check the gradients you derived by hand.

    from handgrad import check

    report = check(forward, backward, inputs={"W": W, "A_prev": A_prev, "b": b})

and, where all you have is a function of very many parameters, and what claims to be its gradient:

    from handgrad import sketch

    print(sketch(function, gradient, x))

This module is the door to the four packages beside it. It imports them when one of the two is called, not before, and
says in one sentence which file is in the way where one of your own bears the name of one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from sys import modules
from time import perf_counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reports.report import Report
    from verify.sketches.record import Sketch

__all__ = ["__version__", "check", "sketch"]
__version__ = "0.1.0"

PACKAGES = ("manual", "reference_torch", "reports", "verify")


def check(
    forward: Callable[..., Any],
    backward: Callable[..., Any] | None = None,
    inputs: Mapping[str, Any] | None = None,
    *,
    wrt: Sequence[str] | None = None,
    constants: Mapping[str, Any] | None = None,
    returns: str | None = None,
    loss: bool = False,
    reference: Callable[..., Any] | None = None,
    dout: Any = None,
    dtype: Any = None,
    convention: str | None = None,
    domain: Mapping[str, Any] | None = None,
    seconds: float = 20,
    seed: int = 0,
    oracles: Sequence[str] | None = None,
    source: bool = True,
) -> Report:
    """Judge a hand-written gradient: is the formula right, does the arithmetic hold, does it agree with PyTorch?

    forward(*inputs) returns the output, or (output, cache); backward takes (dout, cache) where there is a cache and
    (dout, *inputs) where there is none, and returns the gradients in the order of the inputs (one bare array for one
    input) or by name in a dict.

    - `inputs`: arrays by name, in the order of forward's arguments.
    - `wrt`: the names to differentiate; every floating input that a gradient comes back for, where not given.
    - `constants`: labels and settings by name, passed on after the inputs and never perturbed.
    - `returns`: "out" or "out, cache", needed only where it cannot be told.
    - `loss`: forward returns (loss, gradients) itself, as `softmax_loss(x, y)` does; there is no backward then.
    - `reference`: the same forward in PyTorch, where there is one.
    - `dout`: the upstream gradient; random, signed and reproducible, where not given.
    - `dtype`: "float64" or "float32", or as NumPy or PyTorch have them, where the inputs do not tell.
    - `convention`: "notes" where dW and db carry the 1/m of a mean and the upstream gradient is per example (as in the
      course's linear_backward), "sum" where every gradient is the plain derivative of Σ dout∗out.
    - `domain`: for a name the two ends that its numbers stay between, such as {"a": (0, 1)}.
    - `seconds`: the time to be spent; what is not reached by then is inconclusive. `seed`: of everything that is drawn.
    - `oracles`: those to ask, among "certificate", "exact", "autograd", "definition", "complex step", "differences";
      and "proof", which is tried only where it is named, and takes at most 200 numbers.
    - `source`: where a gradient is wrong, its function's source is searched for the one change that makes it right, for
      five seconds at most. Changed copies are run, of a source that only computes: False where none should be.

    Raises UserError where something cannot be told or used, naming the argument to give, and ImportError where a file
    of your own hides one of handgrad's packages.

    >>> import numpy as np
    >>> def forward(W, x):
    ...     return np.tanh(W @ x)
    >>> def backward(dout, W, x):
    ...     dz = dout * (1 - np.tanh(W @ x) ** 2)
    ...     return dz @ x.T, W.T @ dz
    >>> W, x = np.array([[0.5, -1.0], [2.0, 0.25], [1.0, 0.0]]), np.array([[1.0], [-0.5]])
    >>> check(forward, backward, {"W": W, "x": x}).verdict
    'pass'
    """
    _ensure_own_packages()
    from reports.report import Report
    from verify.check import check as judge

    started = perf_counter()
    rows = judge(
        forward,
        backward,
        inputs,
        wrt=wrt,
        constants=constants,
        returns=returns,
        loss=loss,
        reference=reference,
        dout=dout,
        dtype=dtype,
        convention=convention,
        domain=domain,
        seconds=seconds,
        seed=seed,
        oracles=oracles,
        source=source,
    )
    return Report(rows, perf_counter() - started, _unchecked(inputs or {}, {row.quantity for row in rows}))


def sketch(
    function: Callable[..., Any],
    gradient: Any,
    x: Any,
    *,
    directions: int = 8,
    seed: int = 0,
    detects: float | None = None,
    domain: Any = None,
    oracles: Sequence[str] | None = None,
) -> Sketch:
    """Check every parameter of any function at once, along random directions: their number does not make it slower.

    Along w = s∘v with v normal, ⟨∇f − gradient, w⟩ is read with a budget b, and must be 0 within it. A gradient wrong
    by e passes one direction with probability erf(√2·b/‖s∘e‖) at most, D directions with the D-th power; `detects` is
    the ‖s∘e‖/‖s∘gradient‖ where that is 1e-6, and `misses` gives it for any other. It passes if every direction is
    within its budget and it detects as small an error as it must. Where it fails, bisection names the wrong elements,
    in 2·log₂P readings each.

    - `function`: from x, an array of any shape, to one number; or from several arrays, in the order of a mapping x.
    - `gradient`: of the same shape, or by name (`dW` or `W`), or in the order of the arrays; or a function of the same
      arguments that gives it.
    - `x`: the point, float64; float32 is taken at its exact value and run in float64. In a mapping, what is not
      floating is passed on as it is. An element is moved in proportion to s, |x| or the mean size of its array,
      whichever is more.
    - `directions`: how many; `seed`: what they are drawn by.
    - `detects`: the error, as a share of the gradient, that it must see to pass, but for a chance of 1e-6; where not
      given 1e-6, or 1e-2 where function or gradient are float32. Functions of very many kinks may need 1e-5.
    - `domain`: the two ends that x stays between, such as (0, 1); by name where x is given by name.
    - `oracles`: which to ask, in this order, until one is sharp enough: "differences" (some six evaluations), "complex
      step" (exact to rounding, some thirty). Both, where not given.

    Raises UserError where x, the gradient or the function cannot be used, and ImportError as `check` does.

    >>> import numpy as np
    >>> x = np.linspace(-2, 2, 1000)
    >>> sketch(lambda x: np.sum(np.cosh(x)), np.sinh, x).verdict
    'pass'
    >>> wrong = np.sinh(x)
    >>> wrong[17] = 0
    >>> [fault.at for fault in sketch(lambda x: np.sum(np.cosh(x)), wrong, x).faults]
    ['x[17]']
    """
    _ensure_own_packages()
    from verify.sketch import sketch as look

    return look(
        function, gradient, x, directions=directions, seed=seed, detects=detects, domain=domain, oracles=oracles
    )


def _unchecked(inputs: Mapping[str, Any], quantities: set[str]) -> tuple[str, ...]:
    """The floating inputs that no gradient was judged of: nobody shall think that they were."""
    kinds = {name: getattr(getattr(x, "dtype", None), "kind", "") for name, x in inputs.items()}
    return tuple(
        f"d{name}: no gradient for it was asked for, or came back" for name, kind in kinds.items()
        if kind == "f" and not any(f"d{name}" in quantity.split(", ") for quantity in quantities)
    )  # fmt: skip


def _ensure_own_packages() -> None:
    """Raise ImportError where Python finds another module under the name of one of the four packages."""
    home = Path(__file__).resolve().parent
    for name in PACKAGES:
        found = _place(name)
        if found is None:
            raise ImportError(f"handgrad's own package {name!r} is missing from {home}: install handgrad again")
        if found != home / name:
            raise ImportError(
                f"handgrad's own package {name!r} is hidden by {found}, which Python finds first: rename that one, or "
                "start Python from another folder"
            )


def _place(name: str) -> Path | None:
    """The file or folder that `import name` takes or has taken, without importing it; None where there is none."""
    loaded = modules.get(name)
    spec = loaded.__spec__ if loaded else find_spec(name)
    if spec is not None and spec.submodule_search_locations:
        return Path(next(iter(spec.submodule_search_locations))).resolve()
    origin = spec.origin if spec else getattr(loaded, "__file__", None)
    return Path(origin).resolve() if origin else None
