"""OpenMDAO's check_partials on a component whose partials are the Jacobian by hand. An optional peer."""

from __future__ import annotations

import io
from importlib.util import find_spec
from typing import Any

import numpy as np

from verify.peer_cases.case import Case
from verify.peers.asked import ACCEPTS, CANNOT, EXTRA, REJECTS


def shown(case: Case) -> str:
    """With show_only_incorrect=True what is printed is what it rejects; nothing printed is nothing wrong."""
    if not find_spec("openmdao"):
        return f"{CANNOT}{EXTRA}"
    import openmdao.api as om

    (x,) = case.inputs.values()

    class Component(om.ExplicitComponent):  # type: ignore[misc]
        def setup(self) -> None:
            self.add_input("x", x)
            self.add_output("y", case.forward(x))
            self.declare_partials("y", "x")

        def compute(self, inputs: Any, outputs: Any) -> None:
            outputs["y"] = case.forward(inputs["x"])

        def compute_partials(self, inputs: Any, partials: Any) -> None:
            partials["y", "x"] = np.stack([case.backward(row, inputs["x"]) for row in np.eye(x.size)])

    problem = om.Problem(reports=False)
    problem.model.add_subsystem("c", Component())
    problem.setup()
    problem.run_model()
    printed = io.StringIO()
    problem.check_partials(out_stream=printed, show_only_incorrect=True)
    return REJECTS if printed.getvalue().strip() else ACCEPTS
