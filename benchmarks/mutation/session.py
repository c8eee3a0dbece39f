"""One pytest session: collected once, then each test watched once, then each mutant in a fork of its own."""

from __future__ import annotations

import ast
import gc
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from hashlib import sha256
from mmap import mmap
from pathlib import Path
from typing import Any

import pytest

from benchmarks.mutation.mutations import MODULE, Mutant
from benchmarks.mutation.patch import living, put, serve
from benchmarks.mutation.rows import is_of_rows, made_anew, rows_there, tests_of_rows

KILLED, SURVIVED, TIMEOUT, UNSEEN = "killed", "survived", "timeout", "unseen"
FOLDERS, IMPORT = ("manual", "verify"), "<import>"
# Tests in which the code runs in another process, or which look at the files themselves: a mutant is not in there. And
# those of this runner: a fork cannot lift the limits that it runs under.
ELSEWHERE = (
    "test_packaging", "test_readme", "test_laws", "test_door", "test_benchmarks", "test_certificate_benchmark",
    "test_exhaustive_benchmark", "test_sketch_benchmark", "test_html", "test_experiment_plots", "test_training_plots",
    "test_mutants", "test_row_mutants",
)  # fmt: skip
# A fork may take that often what its tests took, and so much memory.
PATIENCE, GIGABYTES = 5, 6
# Plain asserts, for rewritten ones would make other code of a module with doctests than its source says. Without its
# plugin hypothesis runs the same examples, and may be imported before pytest.
PLAIN = ("-q", "--tb=no", "--assert=plain", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:hypothesispytest")
BROKEN = 77  # the exit status of a fork in which not the tests failed but what surrounds them


class Watch:
    """Which functions of `manual` and `verify` a test runs, and for how long: once a test, kept in a file."""

    def __init__(self, root: Path, kept: Path) -> None:
        self.root, self.kept = root, kept
        self.seen: dict[str, dict[str, Any]] = json.loads(kept.read_text("utf-8")) if kept.exists() else {}

        self.importing: set[Any] = set()

    def pytest_sessionstart(self) -> None:
        sys.setprofile(lambda frame, event, _: self.importing.add(frame.f_code) if event == "call" else None)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        sys.setprofile(None)
        hashes: dict[Path, str] = {}
        for item in session.items:
            state = hashes.setdefault(item.path, sha256(item.path.read_bytes()).hexdigest()[:16])
            if self.seen.get(item.nodeid, {}).get("state") != state:
                self.seen[item.nodeid] = {"state": state, **self._watched(item)}
        there = {item.nodeid for item in session.items}
        files = {file_of(name) for name in there}
        self.seen = {n: r for n, r in self.seen.items() if n in there or file_of(n) not in files}
        before = self.seen.get(IMPORT, {"runs": []})["runs"]
        self.seen[IMPORT] = {"seconds": 0, "runs": sorted({*map(tuple, before), *self._ours(self.importing)})}
        self.kept.parent.mkdir(exist_ok=True)
        self.kept.write_text(json.dumps(self.seen), "utf-8")
        return True

    def _watched(self, item: pytest.Item) -> dict[str, Any]:
        codes: set[Any] = set()
        started, failed = time.process_time(), item.session.testsfailed
        sys.setprofile(lambda frame, event, _: codes.add(frame.f_code) if event == "call" else None)
        try:
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
        finally:
            sys.setprofile(None)
        # What fails without a mutant would kill every one: it is not asked.
        runs = None if item.session.testsfailed > failed else sorted(self._ours(codes))
        return {"seconds": time.process_time() - started, "runs": runs}

    def _ours(self, codes: Iterable[Any]) -> set[tuple[str, str]]:
        here = tuple(f"{self.root}/{folder}/" for folder in FOLDERS)
        return {
            (str(Path(code.co_filename).relative_to(self.root)), code.co_qualname.split(".<locals>")[0])
            for code in codes
            if code.co_filename.startswith(here)
        }


class Trial:
    """Puts each mutant before the tests that run its function, in a fork; tells `heard` what came of it."""

    def __init__(
        self, tests: Mapping[Mutant, tuple[list[str], float]], root: Path, heard: Callable[[Mutant, str], None]
    ) -> None:
        self.tests, self.root, self.heard = tests, root, heard

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = {item.nodeid: item for item in session.items}
        functions = {file: living(self.root / file) for file in {mutant.file for mutant in self.tests}}
        rows = rows_there()
        gc.collect()
        gc.freeze()  # else the first collection in a fork copies everything there is
        killers: list[str] = []  # who killed before, the last first: most likely they kill again
        guilty = mmap(-1, 4)  # shared with the forks: the number of the test that failed
        for mutant, (names, seconds) in self.tests.items():
            given = tests_of_rows(mutant, self.root, items) if is_of_rows(mutant) else []
            names = given or names
            likely = [name for name in killers if name in names and name in items]
            order = [*dict.fromkeys([*given[:1], *likely, *(name for name in names if name in items)])]

            def tried(mutant: Mutant = mutant, order: list[str] = order) -> int:
                path = self.root / mutant.file
                guilty[:] = bytes(4)
                there = put(path.read_text("utf-8"), mutant.source, path, functions[mutant.file])
                if is_of_rows(mutant):
                    try:
                        made_anew(mutant, self.root, rows)
                    except Exception:  # no test can be collected then
                        return 1
                elif not there:
                    return 2  # it is made on import: the second look decides
                for number, name in enumerate(order):
                    guilty[:] = number.to_bytes(4)
                    item = items[name]
                    item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
                    if session.testsfailed:
                        return 1
                return 0

            verdict = forked(tried, seconds + 20 * bool(given))
            if verdict == KILLED and order:
                killer = order[int.from_bytes(guilty[:])]
                if killer not in killers and not _passes(items[killer]):
                    print(f"{killer} fails without any mutant: its kills say nothing", file=sys.stderr, flush=True)
                    raise RuntimeError(killer)
                killers = [killer, *(name for name in killers if name != killer)]
            self.heard(mutant, verdict)
        return True


def _passes(item: pytest.Item) -> bool:
    """Whether a test passes in a fork where nothing is changed."""

    def tried() -> int:
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
        return min(1, item.session.testsfailed)

    return forked(tried, 60) == SURVIVED


def chosen(
    mutant: Mutant, seen: Mapping[str, Any], enough: float, anew: bool = False, importers: Iterable[str] = ()
) -> tuple[list[str], float]:
    """The tests that run the mutant's function, `enough` seconds of them; and what they take.

    Those of a file called by it first, and of all those that run little else: they are about it. Where all is imported
    anew, what else a file called by it holds is asked too, or one called by its folder; and of what runs on import, as
    all does that a constant is made by, what uses its file, or the files that import it, and what stands in one of
    these.
    """

    def runs(record: Mapping[str, Any]) -> bool:
        return any(file == mutant.file and mutant.owner in (owner, MODULE) for file, owner in record["runs"])

    on_import = anew and (mutant.owner == MODULE or runs(seen.get(IMPORT, {"runs": []})))
    importers = set(importers)
    near = ({mutant.file}, importers) if on_import else ()
    own, folder = (f"_{path.stem}" for path in (Path(mutant.file), Path(mutant.file).parent))
    asked = {}
    for name, record in seen.items():
        if name != IMPORT and record["runs"] is not None:
            files = {file for file, _ in record["runs"]}
            called = Path(file_of(name)).stem
            holds = [bool(files & group) for group in near] + [on_import and file_of(name) in importers]
            distance = [runs(record), anew and own in called, anew and folder in called, *holds]
            if any(distance):
                asked[name] = (own not in called, distance.index(True), len(record["runs"]), record["seconds"])
    total, names = 0.0, []
    for name in sorted(asked, key=lambda name: asked[name]):
        if total + asked[name][-1] <= enough:
            total += asked[name][-1]
            names.append(name)
    return names, total


def file_of(test: str) -> str:
    """The file that a test stands in, of the name by which pytest calls it."""
    return test.partition("::")[0]


def imports(path: Path) -> set[str]:
    """The modules that a file may import, by name; of `from a import b` both a and a.b."""
    found = set[str]()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
    return found


def second_look(
    mutant: Mutant, names: Sequence[str], seconds: float, root: Path, known: Container[str] | None = None
) -> tuple[str, str]:
    """The same, with everything imported anew: for what is made on import, and before a survivor is believed.

    With the verdict, the test that killed: most likely it kills again, and then no other file need be collected. Tests
    that are not `known` are there by the mutant (it changed what they are made for, and called by), and asked too.
    """
    if not names:
        return SURVIVED, ""
    guilty = mmap(-1, 4)  # shared with the fork: the number of the test that failed, from 1 on

    class These:
        """Quicker than to name hundreds of tests to pytest."""

        def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
            there = {item.nodeid: item for item in items}
            strange = [item for item in items if known is not None and item.nodeid not in known]
            items[:] = [*strange, *(there[name] for name in names if name in there)]

        def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
            if report.failed and report.nodeid in names:
                guilty[:] = (names.index(report.nodeid) + 1).to_bytes(4)

    def tried() -> int:
        serve(mutant.source, root / mutant.file)
        ended = pytest.main(["-x", *PLAIN, *sorted({file_of(name) for name in names})], [These()])
        return ended not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)

    verdict, number = forked(tried, seconds + 10), int.from_bytes(guilty[:])
    return verdict, names[number - 1] if number else ""


def forked(job: Callable[[], int], seconds: float, gigabytes: int = GIGABYTES) -> str:
    """What the job says in a process of its own, with a limit on its processor time and its memory."""
    sys.stdout.flush()
    child = os.fork()
    if not child:
        status = BROKEN
        try:
            limit = int(10 + PATIENCE * seconds)
            resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))
            # Of what is in use: what draws the plots reserves far more addresses than it ever uses.
            resource.setrlimit(resource.RLIMIT_DATA, (gigabytes * 2**30, gigabytes * 2**30))
            quiet = os.open(os.devnull, os.O_WRONLY)
            os.dup2(quiet, 1)
            os.dup2(quiet, 2)
            status = job()
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return TIMEOUT if os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGKILL) else KILLED
    if os.WEXITSTATUS(status) == BROKEN:
        raise RuntimeError("a fork broke before its tests had said anything")
    return {0: SURVIVED, 2: UNSEEN}.get(os.WEXITSTATUS(status), KILLED)


def collected(plugin: Any, where: Iterable[str] = ()) -> int:
    """A session over the tests that run in this process, with its loop replaced by the plugin's."""
    left_out = [f"--ignore=tests/{name}.py" for name in ELSEWHERE]
    return int(pytest.main([*PLAIN, *left_out, *where], [plugin]))
