"""What all tests share: one thread, reproducible examples, and the course's images where they are at hand."""

from __future__ import annotations

import os
from pathlib import Path

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[threads] = "1"  # before NumPy and PyTorch read it

import pytest
from hypothesis import Phase, settings

settings.register_profile("ci", derandomize=True, deadline=None, database=None)
settings.register_profile("campaign", max_examples=2000, deadline=None, print_blob=True)
# A mutant is killed by an example; nobody reads it, so it need not be shrunk.
settings.register_profile("mutants", settings.get_profile("ci"), phases=(Phase.explicit, Phase.generate))
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def cats_folder() -> Path:
    """The course's own h5 files, which are no part of the project."""
    folder = ROOT.parent / "shared" / "data" / "cats"
    if not folder.is_dir():
        pytest.skip(f"the course's images are not at hand: no folder {os.path.relpath(folder, ROOT)}")
    return folder
