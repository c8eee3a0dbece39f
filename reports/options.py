"""The words of the command line: what may be given, what is said of the rest, what gives a run again."""

from __future__ import annotations

import shlex
from argparse import SUPPRESS, ArgumentParser, ArgumentTypeError, Namespace, _SubParsersAction
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn, TypeAlias

from verify.errors import UserError, nearest

OUT = Path("report")
DTYPES = ("float64", "float32")


class Parser(ArgumentParser):
    """argparse, but what is wrong is raised as one sentence."""

    def error(self, message: str) -> NoReturn:
        raise UserError(f"{message}; `{self.prog} --help` lists what there is")


Commands: TypeAlias = "_SubParsersAction[Parser]"


def parse(argv: Sequence[str]) -> Namespace:
    """The options of a command line. Raises UserError, with the nearest known name, on one that cannot be used."""
    parser = Parser("handgrad", description="Check the gradients you derived by hand.", allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"handgrad {_version() if '--version' in argv else ''}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    known = {"verify": _verify(commands), "formulas": _formulas(commands)}
    first = next((word for word in argv if not word.startswith("-")), None)
    if first is not None and first not in known:
        raise UserError(f"no command is called {first!r}{nearest(first, known)}; there are {', '.join(known)}")
    options, strangers = parser.parse_known_args(argv)
    if options.command is None and not strangers:
        raise UserError(f"no command is given; there are {', '.join(known)}; `handgrad --help` says more")
    if strangers:
        chosen = known.get(options.command, parser)
        flags = [flag for action in chosen._actions for flag in action.option_strings if flag.startswith("--")]
        stranger = strangers[0].partition("=")[0]
        if stranger in flags:
            raise UserError(f"{stranger!r} stands before the command; write `{chosen.prog} {stranger}`")
        raise UserError(
            f"{chosen.prog} takes no {stranger!r}{nearest(stranger, flags)}; `{chosen.prog} --help` lists what there is"
        )
    return options


def _command(commands: Commands, name: str, about: str) -> Parser:
    parser = commands.add_parser(name, help=about, description=about, allow_abbrev=False)
    parser.add_argument("--json", action="store_true", help="records on standard output, as in report.json")
    parser.add_argument("--debug", action="store_true", help=SUPPRESS)
    return parser


def _verify(commands: Commands) -> Parser:
    about = "Verify every formula of the notes, walk the network, and write the report."
    parser = _command(commands, "verify", about)
    add = parser.add_argument
    add("--only", action="append", default=[], metavar="GLOB", help="formulas to verify, such as 'deep.*'; may repeat")
    add("--oracle", action="append", default=[], metavar="NAME", help="ask this oracle alone; may repeat")
    add("--dtype", action="append", default=[], metavar="NAME", help="float64 or float32; default both")
    add("--seed", type=_natural, default=0, metavar="N", help="the seed of every input drawn; default 0")
    effort = parser.add_mutually_exclusive_group()
    effort.add_argument("--quick", action="store_true", help="the typical cases alone, and no network")
    effort.add_argument("--full", action="store_true", help="more seeds")
    add("--data", type=Path, metavar="PATH", help="folder with the course's own train_catvnoncat.h5")
    add("--layers", type=_layers, metavar="SIZES", help="the network to walk; default 12288,20,7,5,1")
    add("--out", type=Path, default=OUT, metavar="DIR", help="folder of the report; default report")
    add("--seconds", type=_seconds, metavar="N", help="stop after so long; what was not reached is inconclusive")
    add("--baseline", type=Path, metavar="FILE", help="a report.json; what failed there does not fail this run")
    add("--strict", action="store_true", help="what stayed undecided counts as failed")
    add("--quiet", action="store_true", help="print failures alone")
    return parser


def _formulas(commands: Commands) -> Parser:
    parser = _command(commands, "formulas", "List the formulas of the notes, or show one.")
    parser.add_argument("id", nargs="?", metavar="ID", help="show this one: LaTeX, shapes, source, code, last verdict")
    return parser


def _natural(text: str) -> int:
    if not text.isdecimal() or int(text) >= 2**32:
        raise ArgumentTypeError(f"{text!r} is no whole number from 0 to 4294967295")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds < float("inf"):
        raise ArgumentTypeError(f"{text!r} is no number above 0")
    return seconds


def _layers(text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",")]
    if len(parts) < 2 or not all(part.isdecimal() and int(part) for part in parts):
        raise ArgumentTypeError(f"{text!r} is no list of two or more sizes, such as 12288,20,7,5,1")
    return tuple(int(part) for part in parts)


def command_line(options: Namespace) -> str:
    """The command that gives these records again; where they were written, and what was printed, is no part of it."""
    words = ["handgrad", "verify"]
    for flag, values in (("--only", options.only), ("--oracle", options.oracle), ("--dtype", options.dtype)):
        words += [word for value in values for word in (flag, value)]
    words += ["--seed", str(options.seed)]
    words += [f"--{name}" for name in ("quick", "full") if getattr(options, name)]
    words += ["--data", str(options.data)] if options.data else []
    words += ["--layers", ",".join(map(str, options.layers))] if options.layers else []
    words += ["--seconds", f"{options.seconds:g}"] if options.seconds else []
    return shlex.join(words)


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("handgrad")
    except PackageNotFoundError:
        return "(a checkout that is not installed)"
