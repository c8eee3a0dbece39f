"""The command line: `handgrad verify`, `handgrad train`, `handgrad faults`, `handgrad formulas`.

Exit status: 0 all pass; 1 something failed; 2 unusable arguments or input, said in one sentence; 3 nothing failed and
something stayed undecided by every oracle; 70 an internal error; 130 interrupted.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from reports.baseline import Known, known_failures
from reports.options import DTYPES, OUT, command_line, parse
from reports.summary import INTERRUPTED
from verify.errors import UserError, nearest
from verify.records.run import Run

USAGE, INTERNAL = 2, 70


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    given = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal that has no ✓ shows a ?, and is no reason to stop
    debug = "--debug" in given or bool(os.environ.get("HANDGRAD_DEBUG"))
    try:
        options = parse(given)
        return {"verify": verify, "train": train, "faults": faults, "formulas": formulas}[options.command](options)
    except UserError as error:
        return _say(str(error), USAGE)
    except SystemExit as leaving:  # --help and --version
        return leaving.code if isinstance(leaving.code, int) else USAGE
    except KeyboardInterrupt:
        return _say("interrupted", INTERRUPTED)
    except Exception as error:
        if debug:
            traceback.print_exc()
        way_out = "please report it with the lines above"
        if not debug:
            way_out = "run it again with --debug, and please report what it prints"
        return _say(f"internal error, a fault of handgrad: {type(error).__name__}: {error}; {way_out}", INTERNAL)


def _say(sentence: str, status: int) -> int:
    print("handgrad:", sentence.replace("\n", " "), file=sys.stderr)
    return status


def verify(options: Namespace) -> int:
    """Verify every formula of the notes, walk the network, and write the report."""
    for name in options.dtype:
        if name not in DTYPES:
            raise UserError(f"--dtype is {name!r}{nearest(name, DTYPES)}; there are {' and '.join(DTYPES)}")
    from reports.progress import watching
    from reports.write import writable

    writable(options.out)
    known = known_failures(options.baseline) if options.baseline else frozenset()
    from verify.run import verify as run_all

    with watching(options.quiet) as progress:
        run = run_all(
            only=options.only,
            oracles=options.oracle,
            dtypes=tuple(name for name in DTYPES if name in options.dtype) or DTYPES,
            seed=options.seed,
            quick=options.quick,
            full=options.full,
            exhaustive=options.exhaustive,
            data=options.data,
            layers=options.layers,
            seconds=options.seconds,
            progress=progress,
        )
    return _report(replace(run, command=command_line(options)), options, known)


def train(options: Namespace) -> int:
    """Train by hand and by PyTorch from the same start, and write the report, of a part where it was stopped."""
    from reports.progress import watching
    from reports.write import NAMES, TRAINING, writable

    writable(options.out, (*NAMES, *TRAINING))
    known = known_failures(options.baseline) if options.baseline else frozenset()
    from verify.training import train as run_both

    with watching(options.quiet, unit="iteration") as progress:
        run = run_both(
            data=options.data,
            classes=options.classes,
            layers=options.layers,
            activations=options.activation,
            init=options.init,
            seed=options.seed,
            iterations=options.iterations,
            learning_rate=options.learning_rate,
            every=options.every,
            kink=options.kink,
            seconds=options.seconds,
            progress=progress,
        )
    status = _report(replace(run, command=command_line(options)), options, known)
    return _say("interrupted", status) if status == INTERRUPTED else status


def faults(options: Namespace) -> int:
    """Put every fault before the checks that are to catch it, and before the peers, and write the report."""
    from reports.progress import watching
    from reports.write import writable

    writable(options.out)
    from verify.faults.run import faults as try_all

    with watching(options.quiet, unit="fault") as progress:
        run = try_all(options.only, options.seed, options.jobs, options.seconds, progress)
    return _report(replace(run, command=command_line(options)), options, frozenset())


def _report(run: Run, options: Namespace, known: Known) -> int:
    """Write the report, say what came out, and return the exit status."""
    from reports import console, document, write
    from reports.summary import exit_status

    index = write.write(run, options.out)
    with _pipe():
        if options.json:
            print(document.dump(run), end="")
        console.show(run, index, file=sys.stderr if options.json else sys.stdout, quiet=options.quiet)
    return exit_status(run, strict=options.strict, known=known)


def formulas(options: Namespace) -> int:
    """List the formulas of the notes, or show one."""
    from reports.listing import last_verdict, listed, shown
    from verify.formulas import records

    known = records()
    chosen = [record for record in known if options.id in (None, record.id)]
    if not chosen:
        near = nearest(options.id, [record.id for record in known])
        raise UserError(f"no formula is called {options.id!r}{near}; `handgrad formulas` lists them")
    with _pipe():
        if options.json:
            found = [vars(record) for record in chosen]
            print(json.dumps(found[0] if options.id else found, sort_keys=True, ensure_ascii=False, indent=1))
        elif options.id:
            print(shown(chosen[0], last_verdict(options.id, OUT / "report.json")))
        else:
            print(listed(known))
    return 0


@contextmanager
def _pipe() -> Iterator[None]:
    """Output that nobody reads any more (`handgrad formulas | head`) is no error."""
    try:
        yield
        print(end="", flush=True)
    except BrokenPipeError:
        # What Python would flush at its end has nowhere to go either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
