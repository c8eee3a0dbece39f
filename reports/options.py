"""The words of the command line: what may be given, what is said of the rest, what gives a run again."""

from __future__ import annotations

import os
import shlex
from argparse import SUPPRESS, ArgumentParser, ArgumentTypeError, Namespace, _SubParsersAction
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn, TypeAlias

from verify.errors import UserError, nearest

OUT, TRAINED, TRIED = Path("report"), Path("training"), Path("faults")
DTYPES = ("float64", "float32")
DATA = "tiles, breast-cancer, digits, planar, or a folder with the course's h5 files or IDX files; default tiles"
MOST = 1_000_000  # iterations: each is a row of the record


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
    makers = {"verify": _verify, "train": _train, "faults": _faults, "formulas": _formulas}
    known = {name: make(commands) for name, make in makers.items()}
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
    add("--exhaustive", action="store_true", help="check every parameter of the network numerically, none sampled")
    add("--data", metavar="NAME|PATH", help=DATA)
    add("--layers", type=_layers, metavar="SIZES", help="the network; default 12288,20,7,5,1")
    add("--out", type=Path, default=OUT, metavar="DIR", help="folder of the report; default report")
    _gate(parser)
    return parser


def _gate(parser: Parser) -> None:
    """What every command that judges takes."""
    add = parser.add_argument
    add("--seconds", type=_above_0, metavar="N", help="stop after so long; what was not reached is inconclusive")
    add("--baseline", type=Path, metavar="FILE", help="a report.json; what failed there does not fail this run")
    add("--strict", action="store_true", help="what stayed undecided counts as failed")
    add("--quiet", action="store_true", help="print failures alone")


def _train(commands: Commands) -> Parser:
    about = "Train by hand and by PyTorch from the same start on the same data, and write the report."
    parser = _command(commands, "train", about)
    add = parser.add_argument
    add("--data", metavar="NAME|PATH", help=DATA)
    add("--classes", type=_classes, metavar="A,B", help="of IDX files these two classes, as 0 and 1")
    add("--layers", type=_layers, metavar="SIZES", help="default 12288,20,7,5,1, its first size that of the data")
    names = "one for all hidden layers, or one each, of relu, tanh, leaky_relu, sigmoid, linear; default relu"
    add("--activation", type=_names, default=("relu",), metavar="NAMES", help=names)
    add("--init", default="course", metavar="NAME", help="course, small, zeros, equal or large; default course")
    add("--seed", type=_natural, default=1, metavar="N", help="the seed of the start; default 1, the course's")
    add("--iterations", type=_count, default=2500, metavar="N", help="steps of descent; default 2500")
    rate = "the step is this times the gradient; default 0.0075"
    add("--learning-rate", type=_above_0, default=0.0075, metavar="α", help=rate)
    add("--every", type=_count, metavar="N", help="compare gradients and steps this often; default some 50 times a run")
    slope = "which slope of ReLU the formulas take at 0: left (0, PyTorch's) or right (1, the notes'); default left"
    add("--kink", default="left", metavar="SIDE", help=slope)
    add("--out", type=Path, default=TRAINED, metavar="DIR", help="folder of the report; default training")
    _gate(parser)
    return parser


def _faults(commands: Commands) -> Parser:
    about = "Would the suite notice? Put mistakes into every formula, and say who sees which."
    parser = _command(commands, "faults", about)
    add = parser.add_argument
    add("--only", action="append", default=[], metavar="GLOB", help="formulas to put faults into; may repeat")
    add("--seed", type=_natural, default=0, metavar="N", help="the seed of every input drawn; default 0")
    add("--out", type=Path, default=TRIED, metavar="DIR", help="folder of the report; default faults")
    add("--jobs", type=_count, default=os.cpu_count() or 1, metavar="N", help="processes; default one a processor")
    add("--seconds", type=_above_0, metavar="N", help="stop after so long; what was not reached is left out")
    add("--strict", action="store_true", help="what was not reached counts as failed")
    add("--quiet", action="store_true", help="print what escaped alone")
    return parser


def _formulas(commands: Commands) -> Parser:
    parser = _command(commands, "formulas", "List the formulas of the notes, or show one.")
    parser.add_argument("id", nargs="?", metavar="ID", help="show this one: LaTeX, shapes, source, code, last verdict")
    return parser


def _natural(text: str) -> int:
    return _whole(text, 0, 2**32 - 1)


def _count(text: str) -> int:
    return _whole(text, 1, MOST)


def _whole(text: str, least: int, most: int) -> int:
    # Python refuses to read a number of thousands of digits; its first twenty are too many already.
    if not text.isdecimal() or not least <= int(text[:20]) <= most:
        raise ArgumentTypeError(f"{text!r} is no whole number from {least} to {most}")
    return int(text)


def _above_0(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 < number < float("inf"):
        raise ArgumentTypeError(f"{text!r} is no number above 0")
    return number


def _names(text: str) -> tuple[str, ...]:
    names = tuple(part.strip() for part in text.split(","))
    if not all(names):
        raise ArgumentTypeError(f"{text!r} is no list of names, such as relu or tanh,relu")
    return names


def _classes(text: str) -> tuple[int, int]:
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 2 or not all(part.isdecimal() for part in parts) or int(parts[0]) == int(parts[1]):
        raise ArgumentTypeError(f"{text!r} is no pair of different classes, such as 3,5")
    return int(parts[0]), int(parts[1])


def _layers(text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",")]
    if len(parts) < 2 or not all(part.isdecimal() for part in parts):
        raise ArgumentTypeError(f"{text!r} is no list of two or more sizes, such as 12288,20,7,5,1")
    return tuple(int(part) for part in parts)


def command_line(options: Namespace) -> str:
    """The command that gives these records again; where they were written, and what was printed, is no part of it."""
    words = {"train": _trained, "faults": _tried, "verify": _verified}[options.command](options)
    return shlex.join(["handgrad", *words])


def _tried(options: Namespace) -> list[str]:
    words = ["faults", *(word for glob in options.only for word in ("--only", glob)), "--seed", str(options.seed)]
    return words + (["--seconds", f"{options.seconds:g}"] if options.seconds else [])


def _trained(options: Namespace) -> list[str]:
    lists = {name: getattr(options, name) for name in ("classes", "layers", "activation")}
    joined = {name: values and ",".join(map(str, values)) for name, values in lists.items()}
    values = {
        "data": options.data, **joined, "init": options.init, "seed": options.seed, "iterations": options.iterations,
        "learning-rate": options.learning_rate, "every": options.every, "kink": options.kink,
        "seconds": options.seconds,
    }  # fmt: skip
    given = {name: value for name, value in values.items() if value is not None}
    return ["train", *(word for name, value in given.items() for word in (f"--{name}", str(value)))]


def _verified(options: Namespace) -> list[str]:
    words = ["verify"]
    for flag, values in (("--only", options.only), ("--oracle", options.oracle), ("--dtype", options.dtype)):
        words += [word for value in values for word in (flag, value)]
    words += ["--seed", str(options.seed)]
    words += [f"--{name}" for name in ("quick", "full", "exhaustive") if getattr(options, name)]
    words += ["--data", options.data] if options.data else []
    words += ["--layers", ",".join(map(str, options.layers))] if options.layers else []
    words += ["--seconds", f"{options.seconds:g}"] if options.seconds else []
    return words


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("handgrad")
    except PackageNotFoundError:
        return "(a checkout that is not installed)"
