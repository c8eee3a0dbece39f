"""Would the tests notice a change of one operator, number or argument? Each mutant of the files named, and its verdict.

    python -m benchmarks.mutants manual/losses.py verify/checks

A mutant is killed where a test fails. One that survives must stand in benchmarks/mutation/survivors.toml, with the
reason why nothing observable changes; exit status 1 where one does not, or where one that stands there was killed.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.mutation.mutations import MODULE, Mutant, mutants
from benchmarks.mutation.rows import TESTS, is_of_rows
from benchmarks.mutation.session import (
    FOLDERS,
    KILLED,
    SURVIVED,
    TIMEOUT,
    UNSEEN,
    Trial,
    Watch,
    chosen,
    collected,
    file_of,
    forked,
    imports,
    second_look,
)

ROOT = Path(__file__).resolve().parent.parent
EXPLAINED = ROOT / "benchmarks" / "mutation" / "survivors.toml"
SEEN = ROOT / ".mutants" / "seen.json"
COLUMNS = ("file", "mutants", "killed", "timeout", "explained", "survived")
SLOW = ("altair", "attr", "flint", "hypothesis.extra.numpy", "jinja2", "jsonschema", "numpy", "pandas", "scipy",
        "sklearn", "syrupy", "torch", "trio", "vl_convert")  # fmt: skip
# Seconds of tests that a mutant is put before.
ENOUGH, QUICK = 30.0, 2.0
Name = tuple[str, str, str, str]


def main(argv: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(argv)
    files = sorted({file for path in options.paths for file in _files(path)})
    import_all()
    if not options.keep:
        watched(options.tests)
    if options.first:
        hunted = [m for file in files for m in mutants(file, ROOT) if options.only in m.owner]
        _first_look(asked_of(hunted, Watch(ROOT, SEEN).seen, QUICK))
        return 0
    why = explained()
    status, whole = 0, [0] * (len(COLUMNS) - 1)
    print(f"| {' | '.join(COLUMNS)} |\n|{' :-- |' + ' --: |' * len(whole)}", flush=True)
    for file in files:
        started = time.monotonic()
        asked = [m for m in mutants(file, ROOT) if options.only in m.owner]
        verdicts = judged(asked, options.quick)
        name = str(file.relative_to(ROOT))
        alive = {m.name: m for m, verdict in verdicts.items() if verdict == SURVIVED}
        told = [m for n, m in alive.items() if n in why]
        silent = [m for n, m in alive.items() if n not in why]
        stale = [n for n in why if n[0] == name and n not in alive and options.only in n[1]]
        count = Counter(verdicts.values())
        cells = (len(verdicts), count[KILLED], count[TIMEOUT], len(told), len(silent))
        whole = [sum(column) for column in zip(whole, cells, strict=True)]
        print(f"| {' | '.join(map(str, (name, *cells)))} |", flush=True)
        for m in silent:
            print(f"survived: {m.file}:{m.line} {m.owner}\n  - {m.before}\n  + {m.after}", flush=True)
        for _, owner, before, after in stale:
            print(f"explained, but no survivor: {name} {owner}\n  - {before}\n  + {after}", flush=True)
        print(f"{name}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
        status |= bool(silent or stale)
    print(f"| all | {' | '.join(map(str, whole))} |")
    return status


def import_all() -> None:
    """What is slow to import and none of ours: every fork has it already. On one thread, for a fork keeps no others."""
    for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[threads] = "1"
    os.environ["HYPOTHESIS_PROFILE"] = "mutants"
    for name in SLOW:
        import_module(name)


def watched(tests: Sequence[str]) -> None:
    """Which test runs which function, brought up to date in a process of its own."""
    print("watching which test runs which function (twenty minutes for all of them, once)", file=sys.stderr)
    before = SEEN.stat().st_mtime_ns if SEEN.exists() else 0
    forked(lambda: collected(Watch(ROOT, SEEN), tests), 3600, 64)
    if not SEEN.exists() or SEEN.stat().st_mtime_ns == before:
        raise RuntimeError("the tests could not be watched: run pytest on them first")


def judged(found: Sequence[Mutant], quick: bool) -> dict[Mutant, str]:
    """A first look at each in code that is there already; a second at survivors, all imported anew.

    Rows are made anew in the first already, so of them there is no second.

    Raises RuntimeError where the file as it is does not survive its own tests: then a kill would say nothing.
    """
    seen = Watch(ROOT, SEEN).seen
    controls = {
        file: Mutant(file, MODULE, 0, "", "", (ROOT / file).read_text("utf-8"))
        for file in {mutant.file for mutant in found}
    }
    for file, control in controls.items():
        names, seconds = chosen(control, seen, QUICK)
        rows = is_of_rows(control)
        first = _first_look({control: (names, seconds)})[control] if rows else SURVIVED
        if first != SURVIVED or (not rows and second_look(control, names, seconds, ROOT)[0] != SURVIVED):
            raise RuntimeError(f"{file} fails its tests without any mutant: bring them to pass, or watch them anew")
    verdicts = _first_look(asked_of(found, seen, QUICK if quick else ENOUGH))
    importing = {file: importers(file) for file in controls}
    killers: list[str] = []  # the last first; its file is asked alone, and only then the others
    trusted = {""}  # killers that pass without any mutant; and none, where not even collecting went well
    alive = (mutant for mutant, verdict in verdicts.items() if verdict in (UNSEEN, SURVIVED))
    for mutant in (mutant for mutant in alive if not is_of_rows(mutant)):
        names, seconds = chosen(mutant, seen, ENOUGH, True, importing[mutant.file])
        names.sort(key=lambda name: killers.index(name) if name in killers else len(killers))
        likely = [name for name in names if killers and file_of(name) == file_of(killers[0])]
        verdict, killer = second_look(mutant, likely, seconds, ROOT, seen)
        if verdict == SURVIVED:
            rest = [name for name in names if name not in likely]
            verdict, killer = second_look(mutant, rest, seconds, ROOT, seen)
        if killer not in trusted:
            if second_look(controls[mutant.file], [killer], seconds, ROOT)[0] != SURVIVED:
                raise RuntimeError(f"{killer} fails without any mutant: its kills say nothing")
            trusted.add(killer)
        verdicts[mutant] = verdict
        killers = [killer] * bool(killer) + [name for name in killers if name != killer]
    return verdicts


def importers(file: str) -> set[str]:
    """The files that import it, and the tests that import one of those."""
    known = {file}
    for folders in (FOLDERS, ("tests",)):
        modules = {name.removesuffix(".py").replace("/", ".") for name in known}
        paths = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
        known |= {str(path.relative_to(ROOT)) for path in paths if modules & imports(path)}
    return known - {file}


def asked_of(found: Sequence[Mutant], seen: Mapping[str, Any], enough: float) -> dict[Mutant, tuple[list[str], float]]:
    """The tests that each mutant is put before; they are the same for all mutants of a function."""
    functions = {(mutant.file, mutant.owner): mutant for mutant in found}
    tests = {function: chosen(mutant, seen, enough) for function, mutant in functions.items()}
    return {mutant: tests[mutant.file, mutant.owner] for mutant in found}


def _first_look(tests: Mapping[Mutant, tuple[list[str], float]]) -> dict[Mutant, str]:
    """In a process of its own, that says a letter a mutant through a pipe."""
    asked = {file_of(name) for names, _ in tests.values() for name in names}
    files = sorted(asked.union(TESTS if any(map(is_of_rows, tests)) else ()))
    if not files:
        return dict.fromkeys(tests, SURVIVED)
    read, write = os.pipe()

    def say(mutant: Mutant, verdict: str) -> None:
        os.write(write, verdict[:1].encode())
        if verdict == SURVIVED and mutant.before != mutant.after:
            where = f"{mutant.file}:{mutant.line} {mutant.owner}"
            print(f"{where}: {mutant.before} → {mutant.after}", file=sys.stderr, flush=True)

    child = os.fork()
    if not child:
        try:
            quiet = os.open(os.devnull, os.O_WRONLY)
            os.dup2(quiet, 1)
            collected(Trial(tests, ROOT, say), files)
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        said = pipe.read().decode()
    os.waitpid(child, 0)
    if len(said) != len(tests):
        raise RuntimeError(f"the session ended after {len(said)} of {len(tests)} mutants: collect {', '.join(files)}")
    words = {verdict[:1]: verdict for verdict in (KILLED, SURVIVED, TIMEOUT, UNSEEN)}
    return {m: words[letter] for m, letter in zip(tests, said, strict=True)}


def explained() -> dict[Name, str]:
    """The survivors that are explained: name -> why."""
    if not EXPLAINED.exists():
        return {}
    table = tomllib.loads(EXPLAINED.read_text("utf-8"))
    return {
        (entry["file"], entry["function"], before, after): entry["why"]
        for entry in table.get("survivor", [])
        for before, after in entry["changes"]
    }


def _files(path: Path) -> Iterable[Path]:
    path = path.resolve()
    return path.rglob("*.py") if path.is_dir() else [path]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks.mutants", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="files or folders of manual/ and verify/")
    parser.add_argument("--only", default="", metavar="FUNCTION", help="the mutants of these functions alone")
    parser.add_argument("--quick", action="store_true", help=f"a first look of {QUICK:.0f} s, not {ENOUGH:.0f}")
    parser.add_argument(
        "--first", action="store_true", help="to hunt: survivors of the first look, as found; no verdict"
    )
    parser.add_argument(
        "--tests", nargs="+", default=["tests", "manual", "verify"], metavar="PATH", help="watch these; default: all"
    )
    parser.add_argument("--keep", action="store_true", help="take as it is what was seen of the tests before")
    return parser


if __name__ == "__main__":
    sys.exit(main())
