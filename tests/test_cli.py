"""The command line: exit statuses, one sentence for what is wrong, and the nearest known name."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from reports.cli import main
from reports.frames import read_training
from reports.options import command_line, parse
from tests.sample_run import failing_training, parted_training, sample_training, stopped_training
from verify.errors import UserError
from verify.records.run import Run

ROOT = Path(__file__).parents[1]


def command(*words: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    arguments = [sys.executable, "-m", "reports", *words]
    return subprocess.run(arguments, cwd=cwd, env=environment, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "no command is given; there are verify, train, faults, formulas"),
        ("verfy", "no command is called 'verfy' (did you mean 'verify'?)"),
        ("zebra", "no command is called 'zebra'; there are verify, train, faults, formulas"),
        ("trian", "no command is called 'trian' (did you mean 'train'?)"),
        ("verify --sed 3", "takes no '--sed' (did you mean '--seed'?)"),
        ("verify --see=3", "takes no '--see' (did you mean '--seed'?)"),
        ("--seed 3 verify", "no command is called '3'"),
        ("--json formulas", "'--json' stands before the command; write `handgrad formulas --json`"),
        ("verify sigmoid", "takes no 'sigmoid'"),
        ("verify --seed -1", "'-1' is no whole number"),
        ("verify --seed 1.5", "'1.5' is no whole number"),
        ("verify --seed", "expected one argument"),
        ("verify --seconds 0", "'0' is no number above 0"),
        ("verify --seconds soon", "'soon' is no number above 0"),
        ("verify --layers 12288", "'12288' is no list of two or more sizes"),
        ("verify --layers 3,0,1", "layer 1 of '3,0,1' has 0 units"),
        ("verify --dtype float46", "'float46' (did you mean 'float64'?)"),
        ("verify --quick --full", "not allowed with argument"),
        ("formulas a b", "takes no 'b'"),
        ("train --iteration 3", "takes no '--iteration' (did you mean '--iterations'?)"),
        ("train --only deep.*", "takes no '--only'"),
        ("train tiles", "takes no 'tiles'"),
        ("train --iterations 0", "--iterations: '0' is no whole number from 1 to 1000000"),
        ("train --iterations 1000001", "'1000001' is no whole number from 1 to 1000000"),
        ("train --iterations 2.5", "'2.5' is no whole number from 1"),
        ("train --iterations " + "9" * 5000, "is no whole number from 1"),
        ("train --learning-rate 0", "--learning-rate: '0' is no number above 0"),
        ("train --learning-rate -1", "'-1' is no number above 0"),
        ("train --learning-rate nan", "'nan' is no number above 0"),
        ("train --learning-rate inf", "'inf' is no number above 0"),
        ("train --learning-rate fast", "'fast' is no number above 0"),
        ("train --every 0", "--every: '0' is no whole number from 1"),
        ("train --seconds 0", "'0' is no number above 0"),
        ("train --seed -1", "'-1' is no whole number from 0"),
        ("train --layers 30", "'30' is no list of two or more sizes"),
        ("train --layers 30,x,1", "'30,x,1' is no list of two or more sizes"),
        ("train --classes 3", "--classes: '3' is no pair of different classes, such as 3,5"),
        ("train --classes 3,3", "'3,3' is no pair of different classes"),
        ("train --classes 3,5,7", "'3,5,7' is no pair of different classes"),
        ("train --classes a,b", "'a,b' is no pair of different classes"),
        ("train --activation relu,,tanh", "'relu,,tanh' is no list of names, such as relu or tanh,relu"),
        ("train --baseline none.json", "the baseline none.json cannot be read"),
    ],
)
def test_unusable_arguments_are_one_sentence_and_exit_2(
    words: str, said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(words.split()) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("handgrad: ")
    assert captured.err.count("\n") == 1
    assert said in captured.err
    assert list(tmp_path.iterdir()) == []


def test_an_output_folder_that_cannot_be_written_is_told_before_anything_is_verified(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("mine")
    assert main(["verify", "--out", str(tmp_path / "file")]) == 2
    assert "cannot be written" in capsys.readouterr().err
    assert (tmp_path / "file").read_text() == "mine"


def test_help_is_exit_0_and_names_only_what_exists(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    assert "verify" in text
    assert "sweep" not in text
    assert main(["verify", "--help"]) == 0
    assert main(["train", "--help"]) == 0
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("handgrad ")


def test_the_recorded_command_gives_the_records_again_and_leaves_out_where_they_went() -> None:
    words = ["verify", "--only", "deep.*", "--only", "a b", "--oracle", "exact", "--seed", "7", "--quick"]
    words += ["--layers", "12,3,1", "--seconds", "2.5", "--dtype", "float32"]
    options = parse([*words, "--out", "elsewhere", "--json", "--quiet"])
    text = command_line(options)
    assert text == (
        "handgrad verify --only 'deep.*' --only 'a b' --oracle exact --dtype float32 --seed 7 --quick "
        "--layers 12,3,1 --seconds 2.5"
    )
    assert options.layers == (12, 3, 1)


COURSE = "--activation relu --init course --seed 1 --iterations 2500 --learning-rate 0.0075 --kink left"
OTHER = "--data digits --classes 3,5 --layers 64,7,5,1 --activation tanh,leaky_relu --init zeros --seed 7"
FINE = "--iterations 40 --learning-rate 0.30000000000000004 --every 2 --kink right --seconds 0.5"


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("", COURSE),
        ("--data my/cats", f"--data my/cats {COURSE}"),
        (f"{OTHER} {FINE} --strict --quiet --json", f"{OTHER} {FINE}"),
    ],
)
def test_the_recorded_command_of_a_training_gives_the_records_again(words: str, text: str) -> None:
    recorded = command_line(parse(["train", *words.split(), "--out", "elsewhere"]))
    assert recorded == f"handgrad train {text}"
    assert command_line(parse(recorded.split()[1:])) == recorded


class Engine:
    """In the place of the real training, which takes minutes: a record made by hand, and what was asked for."""

    def __init__(self, outcome: Run | Exception) -> None:
        self.outcome = outcome
        self.asked: dict[str, object] = {}

    def train(self, **asked: object) -> Run:
        self.asked = asked
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Engine:
    monkeypatch.chdir(tmp_path)
    stand_in = Engine(sample_training())
    monkeypatch.setitem(sys.modules, "verify.training", stand_in)  # type: ignore[arg-type]
    return stand_in


def test_a_training_is_asked_for_in_the_words_of_its_engine(engine: Engine, tmp_path: Path) -> None:
    words = "--data digits --classes 3,5 --layers 64,7,1 --activation tanh --init small --seed 2 --iterations 9"
    assert main(["train", *words.split(), "--learning-rate", "0.5", "--every", "3", "--seconds", "4", "--quiet"]) == 0
    assert engine.asked == {
        "data": "digits", "classes": (3, 5), "layers": (64, 7, 1), "activations": ("tanh",), "init": "small",
        "seed": 2, "iterations": 9, "learning_rate": 0.5, "every": 3, "kink": "left", "seconds": 4.0, "progress": None,
    }  # fmt: skip
    assert main(["train", "--out", "other"]) == 0
    progress = engine.asked.pop("progress")
    assert callable(progress)
    assert engine.asked == {
        "data": None, "classes": None, "layers": None, "activations": ("relu",), "init": "course", "seed": 1,
        "iterations": 2500, "learning_rate": 0.0075, "every": None, "kink": "left", "seconds": None,
    }  # fmt: skip
    assert (tmp_path / "training" / "training.csv").is_file()
    assert (tmp_path / "other" / "index.html").is_file()


@pytest.mark.parametrize(
    ("make", "status", "strict"),
    [
        (sample_training, 0, 0), (parted_training, 0, 0), (failing_training, 1, 1),
        (lambda: parted_training(explained=False), 3, 1), (lambda: stopped_training("diverged"), 3, 1),
        (lambda: stopped_training("time"), 3, 1), (lambda: stopped_training("interrupted"), 130, 130),
    ],
)  # fmt: skip
def test_every_end_of_a_training_has_its_exit_status_and_leaves_a_usable_record(
    make: Callable[[], Run], status: int, strict: int, engine: Engine, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    engine.outcome = make()
    assert main(["train", "--strict", "--quiet", "--out", "strict"]) == strict
    capsys.readouterr()
    assert main(["train"]) == status
    said = capsys.readouterr()
    assert "report: training/index.html" in said.out.replace(os.sep, "/")
    assert said.err == ("handgrad: interrupted\n" if status == 130 else "")
    assert engine.outcome.training is not None
    rows = read_training(tmp_path / "training" / "training.csv")
    assert len(rows) == len(engine.outcome.training.rows)
    raw = json.loads((tmp_path / "training" / "report.json").read_text(encoding="utf-8"))
    assert raw["command"].startswith("handgrad train --activation relu")
    assert raw["exit_status"] == status


def test_a_training_prints_its_records_as_json_and_nothing_else_on_standard_output(
    engine: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "--json"]) == 0
    said = capsys.readouterr()
    assert said.out == (tmp_path / "training" / "report.json").read_text(encoding="utf-8")
    assert "the curves stay together" in said.err


def test_what_the_engine_cannot_use_is_one_sentence_and_nothing_is_written(
    engine: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    engine.outcome = UserError("no activation is called 'rleu'; there are relu, tanh, leaky_relu, sigmoid")
    assert main(["train", "--activation", "rleu"]) == 2
    assert capsys.readouterr().err == f"handgrad: {engine.outcome}\n"
    assert list(tmp_path.iterdir()) == []


def test_a_known_failure_of_a_training_lets_the_gate_pass(engine: Engine) -> None:
    engine.outcome = failing_training()
    assert main(["train", "--quiet"]) == 1
    assert main(["train", "--quiet", "--out", "again", "--baseline", "training/report.json"]) == 0


def test_an_option_is_never_guessed_from_its_beginning() -> None:
    with pytest.raises(UserError, match="--quie"):
        parse(["verify", "--quie"])


def test_the_module_is_the_command() -> None:
    done = command("verfy")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1


# What follows runs the real formulas.


@pytest.fixture(scope="module")
def known() -> list[dict[str, object]]:
    done = command("formulas", "--json")
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))


def test_formulas_lists_every_formula_with_its_statement(known: list[dict[str, object]]) -> None:
    done = command("formulas")
    assert (done.returncode, done.stderr) == (0, "")
    listed = [line.split()[0] for line in done.stdout.splitlines() if line[:3].strip() and line.startswith("  ")]
    assert listed == [record["id"] for record in known]


def test_formulas_shows_one_with_latex_shapes_source_and_code() -> None:
    done = command("formulas", "sigmoid")
    assert done.returncode == 0
    for part in ("sigmoid", "LaTeX", "\\frac", "shapes", "source", "def sigmoid("):
        assert part in done.stdout


def test_an_unknown_formula_is_exit_2_with_the_nearest_one() -> None:
    done = command("formulas", "sigmiod")
    assert (done.returncode, done.stdout) == (2, "")
    assert "did you mean 'sigmoid'?" in done.stderr


def test_formulas_imports_nothing_heavy() -> None:
    script = (
        "import sys; from reports.cli import main; main(['formulas', 'sigmoid']); "
        "heavy = {'torch', 'pandas', 'jinja2', 'altair', 'rich', 'pyarrow', 'sklearn', 'flint', 'sympy'}; "
        "sys.exit(str(sorted(heavy & set(sys.modules))) if heavy & set(sys.modules) else 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_reader_that_leaves_early_is_no_error() -> None:
    arguments = [sys.executable, "-m", "reports", "formulas"]
    with subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_verify_writes_the_report_and_formulas_then_knows_the_last_verdict(tmp_path: Path) -> None:
    done = command("verify", "--quick", "--only", "sigmoid", "--dtype", "float64", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "report: report/index.html" in done.stdout.replace(os.sep, "/")
    raw = json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))
    assert raw["command"] == "handgrad verify --only sigmoid --dtype float64 --seed 0 --quick"
    shown = command("formulas", "sigmoid", cwd=tmp_path)
    assert "last verdict  pass" in shown.stdout


def test_verify_prints_records_as_json_and_nothing_else_on_standard_output(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["verify", "--quick", "--only", "sigmoid", "--dtype", "float64", "--json", "--out", str(tmp_path / "new")]
    assert main(words) == 0
    printed = capsys.readouterr().out
    assert json.loads(printed)["schema"] == "handgrad-report"
    assert (tmp_path / "new" / "report.json").read_text(encoding="utf-8") == printed


@pytest.mark.parametrize(
    "words",
    [("--only", "sigmiod"), ("--oracle", "certifcate"), ("--data", "nowhere"), ("--layers", "7,3,1")],
)
def test_verify_refuses_what_it_cannot_use_and_writes_nothing(
    words: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["verify", *words]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert words[1].partition(",")[0] in captured.err
    assert list(tmp_path.iterdir()) == []


def test_interrupting_is_exit_130_and_writes_nothing(tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    arguments = [sys.executable, "-m", "reports", "verify"]
    # A shell's background jobs ignore the signal, and so would what they start.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(arguments, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True) as process:
        signal.signal(signal.SIGINT, before)
        assert process.stderr is not None
        process.stderr.readline()  # the first line of progress: the work has begun
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
    assert process.returncode == 130
    assert rest.splitlines()[-1] == "handgrad: interrupted"
    assert list(tmp_path.iterdir()) == []


def test_an_internal_error_is_one_sentence_exit_70_and_shows_its_trace_only_on_request(tmp_path: Path) -> None:
    # An installation with a truncated file: the only way to an internal error that is known and stays.
    shutil.copytree(ROOT / "reports", tmp_path / "reports")
    shutil.copytree(ROOT / "verify" / "records", tmp_path / "verify" / "records")
    for name in ("__init__.py", "errors.py"):
        shutil.copy(ROOT / "verify" / name, tmp_path / "verify")
    whole = (ROOT / "verify" / "formulas.py").read_text(encoding="utf-8")
    (tmp_path / "verify" / "formulas.py").write_text(whole[: whole.index("KINDS:") + 60], encoding="utf-8")
    for more, lines in (((), 1), (("--debug",), 2)):
        done = subprocess.run(
            [sys.executable, "-m", "reports", "formulas", *more],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 70
        assert "internal error, a fault of handgrad: SyntaxError" in done.stderr.splitlines()[-1]
        assert ("Traceback" in done.stderr) is (lines > 1)
        assert len(done.stderr.splitlines()) >= lines
