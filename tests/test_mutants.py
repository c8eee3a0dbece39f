"""The mutants of benchmarks.mutants: each is one change, it runs where it is put, and a test that fails kills it."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from benchmarks.mutants import explained, importers
from benchmarks.mutation.mutations import MODULE, Mutant
from benchmarks.mutation.patch import living, put
from benchmarks.mutation.session import IMPORT, KILLED, SURVIVED, chosen, imports, second_look

SOURCE = '''
"""A docstring with 1."""
from typing import TypeAlias
Number: TypeAlias = int | float
SCALE = 2
def doubled(x: int = 1) -> int:
    """Twice x."""
    return SCALE * x
class Counter:
    def next(self, x):
        if x < 0:
            raise ValueError("x is below 0")
        return x + 1
    last = lambda self: self.x - 1
def adder(n):
    def add(x):
        return x + n
    return add
add_two = adder(2)
'''


@pytest.fixture
def module(tmp_path: Path) -> ModuleType:
    path = tmp_path / "subject_of_mutation.py"
    path.write_text(SOURCE)
    spec = importlib.util.spec_from_file_location("subject_of_mutation", path)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


@pytest.mark.parametrize(
    ("old", "new", "call", "before", "after"),
    [
        ("SCALE * x", "SCALE / x", lambda m: m.doubled(4), 8, 0.5),
        ("x + 1", "x - 1", lambda m: m.Counter().next(4), 5, 3),
        ("x + n", "x * n", lambda m: m.add_two(4), 6, 8),  # made on import, by a function that has long returned
    ],
)
def test_a_mutant_runs_in_the_functions_that_others_hold_already(
    module: ModuleType, old: str, new: str, call: Any, before: Any, after: Any
) -> None:
    assert call(module) == before
    path = Path(str(module.__file__))
    assert put(SOURCE, SOURCE.replace(old, new), path, living(path))
    assert call(module) == after


def test_what_no_living_function_holds_is_not_counted_as_put(module: ModuleType) -> None:
    path = Path(str(module.__file__))
    assert put(SOURCE, SOURCE.replace("SCALE = 2", "SCALE = 3"), path, living(path)) == 0
    assert put(SOURCE, SOURCE, path, living(path)) == 0


def test_every_mutant_is_one_change_outside_records_types_and_sentences(tmp_path: Path) -> None:
    pytest.importorskip("mutmut", reason="pip install -c constraints.txt -e '.[mutants]'")
    from benchmarks.mutation.mutations import mutants

    path = tmp_path / "subject.py"
    path.write_text(SOURCE)
    found = mutants(path, tmp_path)
    assert len({m.source for m in found}) == len(found)
    assert SOURCE not in {m.source for m in found}
    changes = {(m.owner, m.before, m.after) for m in found}
    assert ("doubled", "return SCALE * x", "return SCALE / x") in changes
    assert ("Counter.next", "if x < 0:", "if x <= 0:") in changes
    assert ("adder", "return x + n", "return x - n") in changes
    assert ("Counter.<lambda>", "last = lambda self: self.x - 1", "last = lambda self: self.x + 1") in changes
    assert ("<module>", "SCALE = 2", "SCALE = 3") in changes
    assert not {before for _, before, after in changes if "Twice" in before or "XX" in after or "-> None" in after}
    assert not {before for _, before, _ in changes if "Number" in before}


@pytest.mark.parametrize("head", ["", "\n", "# Why.\n\n", '"""What."""\n\nfrom math import pi\n\n'])
def test_a_change_leaves_the_rest_of_the_file_as_it_is(tmp_path: Path, head: str) -> None:
    pytest.importorskip("mutmut", reason="pip install -c constraints.txt -e '.[mutants]'")
    from benchmarks.mutation.mutations import mutants

    path = tmp_path / "subject.py"
    path.write_text(f"{head}x = 1\n\n\ny = -x  # the end\n# of all\n")
    found = [m.source.removeprefix(f"{head}x = ") for m in mutants(path, tmp_path)]
    assert found == ["2\n\n\ny = -x  # the end\n# of all\n", "1\n\n\ny = +x  # the end\n# of all\n"]


def test_what_runs_on_import_is_put_before_tests_of_its_file_and_of_its_importers_where_all_is_imported_anew() -> None:
    f, g, h = (["manual/a.py", "f"], ["manual/a.py", "g"], ["manual/b.py", "h"])
    seen = {
        IMPORT: {"seconds": 0, "runs": [f]},
        "t.py::neither": {"seconds": 1, "runs": []},
        "t.py::importer": {"seconds": 1, "runs": [h]},
        "t.py::file": {"seconds": 1, "runs": [g, h]},
        "t.py::runs": {"seconds": 2, "runs": [f, g, h]},
        "t.py::fails without a mutant": {"seconds": 0, "runs": None},
    }
    mutant, late = (Mutant("manual/a.py", owner, 1, "", "", "") for owner in "fg")
    assert chosen(mutant, seen, 9) == (["t.py::runs"], 2)
    assert chosen(mutant, seen, 9, anew=True) == (["t.py::runs", "t.py::file"], 3)
    assert chosen(mutant, seen, 9, True, ["manual/b.py"]) == (["t.py::runs", "t.py::file", "t.py::importer"], 4)
    assert chosen(mutant, seen, 3, True, ["manual/b.py"]) == (["t.py::runs", "t.py::file"], 3)
    assert chosen(late, seen, 9, True, ["manual/b.py"]) == (["t.py::file", "t.py::runs"], 3)


def test_tests_of_little_else_are_asked_first_and_one_that_takes_too_long_is_passed_over() -> None:
    f, g = ["manual/a.py", "f"], ["manual/a.py", "g"]
    seen = {
        "t.py::all": {"seconds": 0.1, "runs": [f, g]},
        "t.py::f": {"seconds": 1, "runs": [f]},
        "t.py::f, long": {"seconds": 5, "runs": [f]},
        "t.py::g": {"seconds": 1, "runs": [g]},
    }
    mutant = Mutant("manual/a.py", "f", 1, "", "", "")
    assert chosen(mutant, seen, 2) == (["t.py::f", "t.py::all"], 1.1)
    assert chosen(mutant, seen, 10) == (["t.py::f", "t.py::f, long", "t.py::all"], 6.1)


def test_tests_of_a_file_called_by_the_mutants_own_are_asked_before_those_of_little_else() -> None:
    f, g = ["manual/a.py", "f"], ["manual/a.py", "g"]
    seen = {
        "test_b.py::f": {"seconds": 1, "runs": [f]},
        "tests/test_a_whole.py::all": {"seconds": 2, "runs": [f, g]},
        "tests/test_a.py::all": {"seconds": 1, "runs": [f, g]},
    }
    mutant = Mutant("manual/a.py", "f", 1, "", "", "")
    assert chosen(mutant, seen, 3) == (["tests/test_a.py::all", "tests/test_a_whole.py::all"], 3)


def test_a_constant_is_put_before_the_tests_of_its_file_and_then_of_those_that_import_it(tmp_path: Path) -> None:
    seen = {
        "t.py::b": {"seconds": 0.1, "runs": [["manual/b.py", "f"]]},
        "t.py::a": {"seconds": 1, "runs": [["manual/a.py", "f"], ["manual/b.py", "f"]]},
        "t.py::c": {"seconds": 0.1, "runs": [["manual/c.py", "f"]]},
    }
    constant = Mutant("manual/a.py", MODULE, 1, "", "", "")
    assert chosen(constant, seen, 2) == (["t.py::a"], 1)
    assert chosen(constant, seen, 2, True, ["manual/b.py"]) == (["t.py::a", "t.py::b"], 1.1)
    assert chosen(Mutant("manual/a.py", "f", 1, "", "", ""), seen, 2, True, ["manual/b.py"]) == (["t.py::a"], 1)
    path = tmp_path / "c.py"
    path.write_text("import manual.a\ndef late():\n    from manual import b\n    from manual.c import f\n")
    assert imports(path) == {"manual.a", "manual", "manual.b", "manual.c", "manual.c.f"}


def test_a_table_that_no_function_beside_it_uses_is_put_before_the_tests_that_import_what_it_ends_in() -> None:
    found = importers("verify/health/activations.py")
    assert found >= {"verify/health/table.py", "tests/test_health_whole.py"}
    assert not found & {"verify/health/activations.py", "verify/health/losses.py", "tests/test_balls.py"}
    seen = {
        "tests/test_whole.py::table": {"seconds": 1, "runs": []},
        "tests/test_whole.py::function": {"seconds": 1, "runs": [["manual/a.py", "f"]]},
    }
    constant, late = (Mutant("manual/a.py", owner, 1, "", "", "") for owner in (MODULE, "g"))
    assert chosen(constant, seen, 9, True, ["tests/test_whole.py"]) == ([*reversed(seen)], 2)
    assert chosen(constant, seen, 9, True) == (["tests/test_whole.py::function"], 1)
    assert chosen(late, seen, 9, True, ["tests/test_whole.py"]) == ([], 0)


def test_where_all_is_imported_anew_all_tests_of_a_file_called_by_its_own_are_asked_whatever_they_run() -> None:
    """The default of a record, or of an argument, is held by tests that run none of the functions beside it."""
    seen = {
        "tests/test_the_a.py::record": {"seconds": 1, "runs": []},
        "tests/test_b.py::record": {"seconds": 1, "runs": []},
        "tests/test_b.py::runs": {"seconds": 1, "runs": [["manual/a.py", "f"]]},
    }
    constant = Mutant("manual/a.py", MODULE, 1, "", "", "")
    assert chosen(constant, seen, 9) == (["tests/test_b.py::runs"], 1)
    assert chosen(constant, seen, 1, anew=True) == (["tests/test_the_a.py::record"], 1)
    assert chosen(constant, seen, 9, anew=True) == (["tests/test_the_a.py::record", "tests/test_b.py::runs"], 2)
    function = Mutant("manual/a.py", "g", 1, "", "", "")
    assert chosen(function, seen, 9) == ([], 0)
    assert chosen(function, seen, 9, anew=True) == (["tests/test_the_a.py::record"], 1)


def test_where_all_is_imported_anew_a_file_called_by_the_folder_is_asked_before_those_that_only_import() -> None:
    seen = {
        "tests/test_b.py::imports": {"seconds": 1, "runs": []},
        "tests/test_records.py::all": {"seconds": 1, "runs": []},
        "tests/test_b.py::runs": {"seconds": 1, "runs": [["verify/records/run.py", "f"]]},
    }
    constant = Mutant("verify/records/run.py", MODULE, 1, "", "", "")
    last = ["tests/test_b.py::runs", "tests/test_records.py::all", "tests/test_b.py::imports"]
    assert chosen(constant, seen, 9, True, ["tests/test_b.py"]) == (last, 3)
    assert chosen(constant, seen, 9) == (last[:1], 1)


def test_a_test_that_is_there_by_the_mutant_alone_is_asked_of_it_too(tmp_path: Path) -> None:
    """A test that is called by what was changed, as by the name of a twin, is no longer found by its name."""
    (tmp_path / "subject.py").write_text("NAME = 'a'\n")
    (tmp_path / "test_subject.py").write_text(
        "import pytest, subject\n@pytest.mark.parametrize('name', [subject.NAME])\ndef test(name): assert name == 'a'\n"
    )
    name = str(tmp_path / "test_subject.py::test[a]")
    looks = [
        second_look(Mutant("subject.py", MODULE, 1, "", "", f"NAME = '{to}'\n"), [name], 1.0, tmp_path, known)
        for to, known in (("a", {name}), ("b", None), ("b", {name}))
    ]
    assert looks == [(SURVIVED, ""), (SURVIVED, ""), (KILLED, "")]


FORKS = """
import vl_convert
from benchmarks.mutation.session import forked

def draws():
    bar = {"data": {"values": [{"a": 1}]}, "mark": "bar", "encoding": {"x": {"field": "a", "type": "nominal"}}}
    return 0 if vl_convert.vegalite_to_svg(bar).startswith("<svg") else 1

def takes_four_gigabytes():
    try:
        return 0 if bytes(2**32) else 1
    except MemoryError:
        return 1

print(forked(draws, 5, 2), forked(takes_four_gigabytes, 5, 2), forked(takes_four_gigabytes, 5, 6))
"""


def test_a_fork_may_draw_and_one_that_takes_too_much_memory_is_ended(root: Path) -> None:
    """In a process of its own: what has drawn has threads, and may not be forked."""
    run = subprocess.run(
        [sys.executable, "-c", FORKS], cwd=root, capture_output=True, text=True, timeout=120, check=False
    )
    assert (run.stdout.split(), run.stderr) == ([SURVIVED, KILLED, SURVIVED], "")


SESSION = """
import sys
from pathlib import Path
import pytest
from benchmarks.mutation.mutations import Mutant
from benchmarks.mutation.session import PLAIN, Trial

root, source = Path.cwd(), "def f():\\n    return 1\\n"
changed = Mutant("subject.py", "f", 2, "", "", source.replace("1", "2"))
heard = []
trial = Trial({changed: ([sys.argv[1]], 1.0)}, root, lambda mutant, verdict: heard.append(verdict))
ended = pytest.main([*PLAIN, "test_subject.py"], [trial])
print("heard", int(ended), *heard)
"""


@pytest.mark.parametrize(("of", "heard"), [("f", "heard 0 killed"), ("a_fork", "heard 3")])
def test_what_kills_has_to_pass_where_nothing_is_changed(tmp_path: Path, root: Path, of: str, heard: str) -> None:
    """A test may pass in a session and fail in every fork of it."""
    (tmp_path / "subject.py").write_text("def f():\n    return 1\n")
    (tmp_path / "test_subject.py").write_text(
        "import os, subject\nHERE = os.getpid()\ndef test_f(): assert subject.f() == 1\n"
        "def test_a_fork(): assert os.getpid() == HERE\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", SESSION, f"test_subject.py::test_{of}"], cwd=tmp_path, capture_output=True, text=True,
        timeout=120, check=False, env={**os.environ, "PYTHONPATH": str(root)},
    )  # fmt: skip
    assert run.stdout.splitlines()[-1] == heard
    assert ("test_subject.py::test_a_fork fails without any mutant" in run.stderr) is (of == "a_fork")


def test_no_explanation_of_a_survivor_outlives_the_line_that_it_explains(root: Path) -> None:
    for file, function, before, after in explained():
        lines = " ".join(line.strip() for line in (root / file).read_text("utf-8").splitlines())
        assert before in lines, (file, function)
        assert before != after
    assert all(why.strip() for why in explained().values())
