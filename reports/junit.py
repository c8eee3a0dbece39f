"""junit.xml: a test suite a chapter and a test case a formula, for whatever CI reads such files.

A training is a suite of its own, with a case a quantity and one that says whether it ran to its end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree import ElementTree as ET

from reports import exhaustive, faults
from reports.summary import chapters, ended, exit_status, reached, standing, tensors, undecided
from reports.wording import details, title
from verify.records.discrepancy import Discrepancy
from verify.records.faults import FaultsRecord
from verify.records.run import Run
from verify.records.training import TrainingRecord
from verify.records.verdict import FAIL, INCONCLUSIVE

# What XML 1.0 cannot hold, even escaped.
FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def suite(run: Run) -> str:
    """The whole run as JUnit XML. It holds no times: the same run gives the same bytes."""
    root = ET.Element("testsuites", name="handgrad")
    for chapter in chapters(run):
        element = ET.SubElement(root, "testsuite", name=chapter.heading)
        for formula in chapter.formulas:
            _case(element, f"chapter {chapter.number}", formula.record.id, formula.verdict, formula.rows)
    if run.network:
        element = ET.SubElement(root, "testsuite", name=f"network {'-'.join(map(str, run.network.layers))}")
        for tensor in tensors(run.network):
            rows = [r for r in run.network.rows if (r.layer, r.quantity) == (tensor.layer, tensor.quantity)]
            _case(element, "network", tensor.name, tensor.verdict, rows)
    if run.exhaustive:
        element = ET.SubElement(root, "testsuite", name=f"every parameter of {exhaustive.name(run.exhaustive)}")
        why = exhaustive.undecided(run.exhaustive)
        for row in run.exhaustive.rows:
            if not row.quantity.startswith("d"):
                _case(element, "exhaustive", row.quantity, row.verdict, [row], run.command)
        for tally in run.exhaustive.tallies:
            rows = [row for row in (*run.exhaustive.rows, *run.exhaustive.wrong) if row.quantity == tally.quantity]
            reason = why.get(exhaustive.called(tally), "")
            _case(element, "exhaustive", tally.quantity, tally.verdict, rows, run.command, reason)
    if run.faults:
        _faults(ET.SubElement(root, "testsuite", name="faults"), run.faults)
    if run.training:
        _training(ET.SubElement(root, "testsuite", name="training"), run.training, run.command)
    if run.slips:
        element = ET.SubElement(root, "testsuite", name="slips of the notes")
        for slip in run.slips:
            case = ET.SubElement(element, "testcase", classname="handgrad.slips", name=f"{slip.formula} ({slip.kind})")
            if slip in standing(run.slips):
                ET.SubElement(case, "failure", message="the slip was not refuted").text = slip.as_written
    listed = {record.id for record in run.formulas}
    strays = [row for row in run.discrepancies if row.formula not in listed]
    if strays:
        element = ET.SubElement(root, "testsuite", name="other rows")
        for row in strays:
            _case(element, "other", row.formula, row.verdict, [row])
    for element in root:
        _count(element)
    root.set("failures", str(sum(int(element.get("failures", "0")) for element in root)))
    root.set("tests", str(sum(int(element.get("tests", "0")) for element in root)))
    root.insert(0, _properties(run))
    _clean(root)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _case(
    suite: ET.Element, group: str, name: str, verdict: str, rows: Iterable[Discrepancy], command: str = "",
    reason: str = "",
) -> None:  # fmt: skip
    case = ET.SubElement(suite, "testcase", classname=f"handgrad.{group}", name=name)
    if verdict == FAIL:
        for row in rows:
            if row.verdict == FAIL:
                ET.SubElement(case, "failure", message=title(row)).text = "\n".join(details(row, command))
    elif verdict == INCONCLUSIVE:
        found = sorted({row.finding for row in rows if row.finding}) or ["no oracle decided"]
        reasons = [reason] if reason else found
        ET.SubElement(case, "skipped", message="inconclusive: " + "; ".join(reasons))
    elif undecided(rows):
        ET.SubElement(case, "system-out").text = "undecided by every oracle: " + "; ".join(undecided(rows))


def _faults(suite: ET.Element, record: FaultsRecord) -> None:
    """A case a rule, which fails where a fault of it escaped, and one for the networks."""
    out = faults.escaped(record)
    for rule in dict.fromkeys(fault.rule for fault in record.faults):
        case = ET.SubElement(suite, "testcase", classname="handgrad.faults", name=rule)
        for fault in (fault for fault in out if fault.rule == rule):
            ET.SubElement(case, "failure", message="escaped").text = faults.named(fault)
    if record.network:
        case = ET.SubElement(suite, "testcase", classname="handgrad.faults", name="blamed in networks")
        for wrong in faults.misplaced(record):
            failure = ET.SubElement(case, "failure", message=f"blamed {faults.blamed(wrong)}")
            failure.text = f"{wrong.rule}: {wrong.where}"


def _training(suite: ET.Element, training: TrainingRecord, command: str) -> None:
    for row in training.checks:
        _case(suite, "training", row.quantity, row.verdict, [row], command)
    case = ET.SubElement(suite, "testcase", classname="handgrad.training", name=f"{training.iterations} iterations")
    if training.stopped:
        ET.SubElement(case, "skipped", message=f"stopped at iteration {reached(training)}: {ended(training)}")


def _count(suite: ET.Element) -> None:
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(sum(case.find("failure") is not None for case in suite)))
    suite.set("errors", "0")
    suite.set("skipped", str(sum(case.find("skipped") is not None for case in suite)))


def _properties(run: Run) -> ET.Element:
    properties = ET.Element("properties")
    known = {"seed": str(run.seed), "command": run.command, "exit_status": str(exit_status(run)), **run.environment}
    for name, value in known.items():
        ET.SubElement(properties, "property", name=name, value=value)
    return properties


def _clean(root: ET.Element) -> None:
    for element in root.iter():
        if element.text:
            element.text = FORBIDDEN.sub("\ufffd", element.text)
        for name, value in element.attrib.items():
            element.set(name, FORBIDDEN.sub("\ufffd", value))
