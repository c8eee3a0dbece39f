"""A realistic Run, made by hand: what the tests of the reports look at instead of a minute of verification."""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace
from itertools import product
from math import exp, nan

from verify.records.discrepancy import Discrepancy
from verify.records.experiment import Experiment, Series, Statistic
from verify.records.formula import FormulaRecord, Slip
from verify.records.network import DataRecord, NetworkRecord
from verify.records.run import Run
from verify.records.training import Iteration, Parting, TrainingRecord

CHAPTERS = {1: "Logistic regression", 2: "Shallow network", 3: "Deep network"}

# id, chapter, statement, LaTeX, shapes, kind, code
FORMULAS = (
    ("sigmoid", 1, "σ(z) = 1/(1 + e^(−z)); σ(0) = ½", r"\sigma(z) = \frac{1}{1+e^{-z}}", "z: * -> a: *", "value",
     "def sigmoid(z):\n    return 1 / (1 + np.exp(-z))\n"),
    ("sigmoid.sound", 1, "the same, without overflow below −709",
     r"\sigma(z) = \begin{cases} \dfrac{1}{1+e^{-z}} & z \ge 0 \\ \dfrac{e^{z}}{1+e^{z}} & z < 0 \end{cases}",
     "z: * -> a: *", "value",
     "def sigmoid_sound(z):\n    e = np.exp(-np.abs(z))\n    return np.where(z >= 0, 1, e) / (1 + e)\n"),
    ("cost", 1, "J(w, b) is the mean of the losses of the m examples",
     r"J(w,b) = -\frac{1}{m}\sum_{i=1}^{m}\left[y^{(i)}\log\hat{y}^{(i)} + (1-y^{(i)})\log(1-\hat{y}^{(i)})\right]",
     "A: 1 m, Y: 1 m -> J: scalar", "value, derivative",
     "def cost(A, Y):\n    m = Y.shape[1]\n    return -np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A)) / m\n"),
    ("sigmoid.slope_in_a", 1, "da/dz = a(1 − a)", r"\frac{da}{dz} = a(1-a)", "a: * -> slope: *", "derivative",
     "def sigmoid_slope_in_a(a):\n    return a * (1 - a)\n"),
    ("logistic.dw", 1, "dw = (1/m) X dZᵀ", r"dw = \frac{1}{m} X\, dZ^{\mathsf{T}}", "X: n m, dZ: 1 m -> dw: n 1",
     "derivative", "def dw(X, dZ):\n    m = X.shape[1]\n    return X @ dZ.T / m\n"),
    ("rank1.trap", 1, "a = randn(5) is neither a row nor a column",
     r"a \in \mathbb{R}^{(5,)}:\quad a^{\mathsf{T}} = a,\; a\,a^{\mathsf{T}} \in \mathbb{R}", "a: n",
     "shape, counter-example", "def is_rank_one(a):\n    return a.ndim == 1\n"),
    ("relu.derivative", 2, "0 for z < 0, 1 for z ≥ 0 (a chosen subgradient at 0)",
     r"g'(z) = \begin{cases} 0 & z < 0 \\ 1 & z \ge 0 \end{cases}", "z: * -> slope: *", "derivative, kink",
     "def relu_derivative(z):\n    return np.where(z >= 0, 1.0, 0.0)\n"),
    ("shallow.dZ1", 2, "dZ[1] = W[2]ᵀ dZ[2] ∗ g[1]′(Z[1])",
     r"dZ^{[1]} = W^{[2]\mathsf{T}} dZ^{[2]} \ast g^{[1]\prime}(Z^{[1]})",
     "W2: p q, dZ2: p m, Z1: q m -> dZ1: q m", "derivative",
     "def dZ1(W2, dZ2, Z1):\n    return (W2.T @ dZ2) * (1 - np.tanh(Z1) ** 2)\n"),
    ("shallow.db1", 2, "db[1] = (1/m) np.sum(dZ[1], axis=1, keepdims=True)",
     r"db^{[1]} = \frac{1}{m}\operatorname{np.sum}(dZ^{[1]}, \text{axis}=1)", "dZ1: q m -> db1: q 1", "derivative",
     "def db1(dZ1):\n    return np.sum(dZ1, axis=1, keepdims=True) / dZ1.shape[1]\n"),
    ("deep.dA_L", 3, "dA[L] = −Y/A + (1 − Y)/(1 − A), element-wise",
     r"dA^{[L]} = -\frac{Y}{A} + \frac{1-Y}{1-A}", "A: 1 m, Y: 1 m -> dA: 1 m", "derivative",
     "def dA_L(A, Y):\n    return -Y / A + (1 - Y) / (1 - A)\n"),
    ("deep.dW", 3, "dW[l] = (1/m) dZ[l] A[l−1]ᵀ", r"dW^{[l]} = \frac{1}{m}\, dZ^{[l]} A^{[l-1]\mathsf{T}}",
     "dZ: n m, A_prev: p m -> dW: n p", "derivative", "def dW(dZ, A_prev):\n    return dZ @ A_prev.T / dZ.shape[1]\n"),
    ("hyperparameters", 3, "their effect is seen by trying", r"\alpha,\; L,\; n^{[1]}, n^{[2]}, \ldots", "",
     "experiment", "def grid(alphas, sizes):\n    return [(a, s) for a in alphas for s in sizes]\n"),
)  # fmt: skip


def sample_run() -> Run:
    """Everything passes; one experiment decides beside an inconclusive row."""
    return Run(
        formulas=tuple(formula(*line) for line in FORMULAS),
        discrepancies=tuple(row for line in FORMULAS for row in rows(line[0], line[1])),
        slips=SLIPS,
        network=network(),
        timings=(
            ("chapter 1 · Logistic regression", 6.25), ("network 12288-20-7-5-1", 9.5),
            ("one pass, n_x = 20, m = 1, loop", 4e-5), ("one pass, n_x = 20, m = 1, vectorised", 2.5e-5),
            ("one pass, n_x = 20, m = 1000, loop", 2e-2), ("one pass, n_x = 20, m = 1000, vectorised", 4e-5),
            ("all", 16.0),
        ),
        environment={"python": "3.11.2", "machine": "Linux x86_64", "numpy": "2.4.1", "torch": "2.13.0"},
        seed=0,
        command="handgrad verify --seed 0",
        experiments=experiments(),
    )  # fmt: skip


def failing_run() -> Run:
    """The same with one wrong formula, one undecided, and a slip that its check let through."""
    run = sample_run()
    rows = [row for row in run.discrepancies if row.formula != "deep.dA_L"]
    wrong = Discrepancy(
        formula="shallow.dZ1", quantity="dZ1", question="formula", oracle="certificate", verdict="fail", layer=1,
        shape="(4, 5)", case="typical", compared=20, max_abs=0.31, max_rel=1.9, max_ulp=1.1e15, at="[2, 3]",
        mine="0.25", want="0.19661193324148185", exact="0.19661193324148185254024823981643", budget=1.2e-16,
        used=4.4e14, detects=3e-15, own=4.4e14, finding="the sign of g′ is lost",
        diagnosis="This looks like a missing factor g′(Z[1]).\n\nimport numpy as np\nZ1 = np.array([[0.5]])\ndZ1(Z1)",
        source="chapter 2",
    )  # fmt: skip
    open_ = Discrepancy("deep.dA_L", "dA", "formula", "autograd", "inconclusive", finding="not reached within 1 s")
    slip = replace(run.slips[0], verdict="not refuted", used=nan, at="", mine="", want="")
    return replace(run, discrepancies=(*rows, wrong, open_), slips=(slip, *run.slips[1:]))


def big_run(formulas: int = 100) -> Run:
    """As large as the real one: every formula a hundredfold, twelve rows each, and images."""
    run = sample_run()
    records = [replace(run.formulas[i % 12], id=f"{run.formulas[i % 12].id}.{i}") for i in range(formulas)]
    found = [replace(row, formula=r.id) for r in records for row in rows(r.id.rpartition(".")[0], r.chapter)[:12]]
    return replace(run, formulas=tuple(records), discrepancies=tuple(found))


def formula(id: str, chapter: int, statement: str, latex: str, shapes: str, kind: str, code: str) -> FormulaRecord:
    return FormulaRecord(
        id, chapter, CHAPTERS[chapter], statement, latex, shapes, f"chapter {chapter}", kind, code,
        sound_of=id.removesuffix(".sound") if id.endswith(".sound") else "",
        remark="PyTorch chooses 0 at the kink; both are subgradients." if id == "relu.derivative" else "",
    )  # fmt: skip


def rows(id: str, chapter: int) -> list[Discrepancy]:
    """A formula's rows: each oracle in float64 and float32, the edge case that costs digits, an experiment."""
    quantity = id.partition(".")[2] or "value"
    if id == "rank1.trap":
        return [Discrepancy(id, "a.T is a", "formula", "shapes", "pass", compared=3, mine="(5,)", want="(5,)")]
    if id == "hyperparameters":
        illustration = "illustration, no verdict"
        aside = Discrepancy(id, "cost", "formula", "experiment", "inconclusive", finding=illustration)
        return [aside, Discrepancy(id, "cost", "formula", "experiment", "pass", case="falls", compared=6)]
    oracles = (
        ("formula", "certificate"), ("arithmetic", "exact"), ("agreement", "autograd"), ("formula", "complex step"),
        ("formula", "differences"),
    )  # fmt: skip
    found = [
        replace(_row(id, quantity, question, oracle, dtype, k), case=case, source=f"chapter {chapter}")
        for k, ((question, oracle), dtype, case) in enumerate(
            product(oracles, ("float64", "float32"), ("typical", "|z| = 40"))
        )
    ]
    if id == "sigmoid.slope_in_a":
        lost = replace(found[5], case="z = 37", digits_mine=0.0, finding="no digit left at [0, 2]: 0.0 for 8.53e-17")
        found.append(lost)
    return found


def _row(id: str, quantity: str, question: str, oracle: str, dtype: str, k: int) -> Discrepancy:
    unit = 2.0**-53 if dtype == "float64" else 2.0**-24
    kept = 15.7 - k / 20 if dtype == "float64" else 6.9 - k / 20
    return Discrepancy(
        formula=id, quantity=quantity, question=question, oracle=oracle, verdict="pass", shape="(3, 5)", dtype=dtype,
        compared=15, max_abs=unit / (k + 3), max_rel=unit * 2, max_ulp=0.7, at=f"[{k % 3}, {k % 5}]",
        mine="0.7310585786300049", want="0.7310585786300049", exact="0.73105857863000487925115924182183627",
        budget=unit * 8, used=(k + 1) / 97, detects=unit * 40,
        digits_mine=kept if question == "arithmetic" else nan,
        digits_torch=kept - 0.2 if question == "agreement" else nan,
        oracle_error=1e-11 if oracle == "differences" else nan,
        convention="per example" if quantity.startswith("dZ") else "",
    )  # fmt: skip


SLIPS = (
    Slip("leaky_relu", "author", r"g(z) = \max(0.01, z)", r"g(z) = \max(0.01 z, z)", "refuted", "[0, 1]",
         "0.01", "-0.012", 8.1e13, "the factor z is missing"),
    Slip("sigmoid.derivative", "author", r"g'(z) = \frac{1}{1+e^{-z}}", r"g'(z) = g(z)(1-g(z))", "refuted", "[1, 2]",
         "0.8807970779778823", "0.10499358540350652", 3.4e15, ""),
    Slip("logistic.predict", "scan", r"\hat{y} = -(w^{\mathsf{T}}x+b)", r"\hat{y} = \sigma(w^{\mathsf{T}}x+b)",
         "listed", note="the scan reads σ as a minus sign"),
)  # fmt: skip


def network() -> NetworkRecord:
    layers, m = (12288, 20, 7, 5, 1), 209
    found = []
    for layer, quantity in product(range(1, len(layers)), ("Z", "A", "dA", "dZ", "dW", "db")):
        columns = {"dW": layers[layer - 1], "db": 1}.get(quantity, m)
        found.append(
            Discrepancy(
                formula="network",
                quantity=f"{quantity}{layer}",
                question="agreement",
                oracle="autograd",
                verdict="pass",
                layer=layer,
                shape=f"({layers[layer]}, {columns})",
                case="photo tiles",
                compared=layers[layer] * columns,
                max_abs=1.3e-16 * layer,
                used=0.031 * layer,
                own=0.021 * layer,
                inherited=0.031 * layer,
                detects=2e-12,
                digits_mine=15.4 - 0.3 * layer - len(quantity) * 0.1,
                at="[0, 0]",
                mine="0.5",
                want="0.5",
                exact="0.5",
                digits_torch=15.1 - 0.25 * layer - len(quantity) * 0.2,
                oracle_error=2e-16 * layer,
            )
        )
    data = DataRecord(
        "tiles of two photographs", (12288, m), 104, 105, "scikit-learn, load_sample_images", "CC BY 2.0",
        "Two photographs cut into tiles; the label says which one. Real pixels, though not a task worth learning.",
        tuple(tile(k) for k in range(24)), (12288, 50), 27, 23,
    )  # fmt: skip
    return NetworkRecord(
        layers, ("relu", "relu", "relu", "sigmoid"), m, data, 0, "he", "float64",
        0.6931471805599453, 0.6931471805599452, "0.69314718055994530941723212145818", tuple(found),
        "dZ and dA are derivatives of the per-example loss (m times autograd's of J); dW and db are derivatives of J.",
    )  # fmt: skip


def experiments() -> tuple[Experiment, ...]:
    """One with two quantities, a 0 on a logarithmic scale, long lines and one beyond the edge; one without any."""
    steps = tuple(map(float, range(400)))
    series = tuple(
        Series(
            name, steps, tuple(rate**k if quantity == "cost J" else float(k > 0) for k in range(400)), panel, quantity
        )
        for panel, quantity in product(("tanh", "ReLU"), ("cost J", "largest gap"))
        for name, rate in (("α = 0.01", 0.99), ("α = 30", 1.01))
    )
    found = (Statistic("α = 30: rises of J", "399", "some, at every seed", "pass"),)
    statement = "A small grid.\n\nStated beforehand: α = 30 is too large. See `report.json`."
    return (
        Experiment(
            "hyperparameters", "What the hyperparameters do", statement, found, "pass", "step", "", "y", series,
            note="Each line is a median.", top=10.0,
        ),
        Experiment("vectorise", "Vectorised against the loop", "Stated: it is faster.", (), "pass", "", "", "", ()),
    )  # fmt: skip


def tile(k: int, size: int = 48) -> bytes:
    """A small PNG, written by hand."""

    def shade(i: int, j: int) -> bytes:
        return bytes(((k * 37 + 4 * i) % 256, (k * 11 + 3 * j) % 256, (k * 23 + i + j) % 256))

    lines = b"".join(b"\0" + b"".join(shade(i, j) for j in range(size)) for i in range(size))
    head = struct.pack(">2I5B", size, size, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    packed = (struct.pack(">I", len(c)) + n + c + struct.pack(">I", zlib.crc32(n + c)) for n, c in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def sample_training(iterations: int = 600, every: int = 12) -> Run:
    """A run of `handgrad train` in which the curves stay together, and the accuracies of the two sides differ once."""
    data = network().data
    training = TrainingRecord(
        MODEL, (12288, 20, 7, 5, 1), ("relu", "relu", "relu", "sigmoid"), "course", 1, 0.0075, iterations,
        every, 4, replace(data, images=data.images[:12]),
        rows=tuple(iteration(i, i % every == 0 or i == iterations) for i in range(iterations + 1)),
        checks=checks(every),
    )  # fmt: skip
    return Run(
        (), (), (), None, (("by hand", 2.5), ("PyTorch", 3.25), ("all", 8.0)),
        {"python": "3.11.2", "machine": "Linux x86_64", "numpy": "2.4.1", "torch": "2.13.0"}, 1,
        f"handgrad train --activation relu --init course --seed 1 --iterations {iterations} --learning-rate 0.0075",
        training,
    )  # fmt: skip


def iteration(i: int, checked: bool) -> Iteration:
    """The cost falls, the difference grows with it, and every fourth one is exactly 0."""
    cost, apart = 0.05 + 0.65 * exp(-i / 150), (i % 4) * 1.1e-16 * exp(i / 100)
    row = Iteration(MODEL, i, cost, cost + apart, abs(cost + apart - cost), 4e-16 * exp(i / 100))
    if not checked:
        return row
    kept = 1 - cost
    return replace(
        row, local_used=0.02 + i % 5 / 100, step_used=0.1 + i % 7 / 100, accuracy_train_manual=kept,
        accuracy_train_torch=kept, accuracy_test_manual=kept / 2 + 0.25, accuracy_test_torch=kept / 2 + 0.27,
        distance=1e-15, distance_spread=3e-15,
    )  # fmt: skip


def checks(every: int) -> tuple[Discrepancy, ...]:
    """A row a gradient and a step of every layer, and one for the costs."""
    rows = [
        Discrepancy(
            "training", f"{quantity}{layer}", "agreement", "autograd", "pass", layer=layer, shape="(5, 7)",
            case=f"iteration {every}", seed=1, compared=35, at="[0, 0]", mine="0.25", want="0.25", budget=1e-16,
            used=0.03 * layer, detects=2e-14,
        )
        for quantity, layer in product(("dW", "db", "W", "b"), range(1, 5))
    ]  # fmt: skip
    return (*rows, Discrepancy("training", "cost", "agreement", "spread", "pass", seed=1, compared=601))


MODEL = "12288-20-7-5-1 relu"
WHY = (
    "unit 3 of layer 2 (relu), example 17, is on different sides of its kink at iteration 399: z = 0 by hand "
    "(slope 1), 0 by PyTorch (slope 0)"
)
UNEXPLAINED = "no unit lay on different sides of its kink up to there"


def parted_training(explained: bool = True) -> Run:
    """The curves part; where the reason was not found, the costs are left undecided."""
    run = sample_training()
    assert run.training is not None
    parting = Parting(400, 3e-7, 1.1e-14, explained, WHY if explained else f"unexplained: {UNEXPLAINED}")
    rows = tuple(
        replace(row, cost_torch=row.cost_manual - 0.1, difference=0.1) if row.iteration >= 400 else row
        for row in run.training.rows
    )
    finding = f"the curves part at iteration 400: {parting.reason}"
    cost = replace(run.training.checks[-1], verdict="pass" if explained else "inconclusive", finding=finding)
    checks = (*run.training.checks[:-1], cost)
    return replace(run, training=replace(run.training, rows=rows, checks=checks, parting=parting))


def stopped_training(stopped: str, at: int = 30) -> Run:
    """Stopped before its end; where it diverged, the last costs are no numbers."""
    run = sample_training()
    assert run.training is not None
    rows = run.training.rows[: at + 1]
    ended = f"{stopped} after iteration {at}"
    if stopped == "diverged":
        ended = f"the cost is nan at iteration {at}; the learning rate 0.0075 may be too large"
        risen = [replace(row, cost_manual=row.cost_manual * 10.0**i) for i, row in enumerate(rows[-3:])]
        lost = replace(rows[-1], cost_manual=nan, cost_torch=float("inf"), difference=nan, spread=float("inf"))
        rows = (*rows[:-3], *risen[:2], lost)
    return replace(run, training=replace(run.training, rows=rows, stopped=stopped, ended=ended))


def failing_training() -> Run:
    """One gradient by hand is wrong, and the step that it makes."""
    run = sample_training()
    assert run.training is not None
    wrong = {
        name: replace(row, verdict="fail", used=3e9, want="0.5", finding="the two sides differ from iteration 0 on")
        for row in run.training.checks
        if (name := row.quantity) in ("dW2", "W2")
    }
    checks = tuple(wrong.get(row.quantity, row) for row in run.training.checks)
    return replace(run, training=replace(run.training, checks=checks))
