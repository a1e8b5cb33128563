"""Forking and reaping by own pid: the primitives under `Forks`."""

from __future__ import annotations

import os
import signal

import pytest

from jackfield.core import REPORT_BYTES
from jackfield.dispatchers import Child, Children, Ended, Line
from support import PATIENCE, Flag


def nothing(line: Line) -> None:
    pass


def ended(children: Children, child: Child) -> Ended:
    while (end := children.reap(child)) is None:
        child.wait(PATIENCE)
    return end


@pytest.fixture(params=["pidfd", "end of line"])
def children(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Children:
    if request.param != "pidfd":
        monkeypatch.delattr(os, "pidfd_open", raising=False)
    return Children()


def test_a_childs_status_and_report_are_told_once(children: Children) -> None:
    def work(line: Line) -> int:
        line.report(b"said")
        return 7

    child = children.start(nothing, work)
    assert len(children) == 1
    assert ended(children, child) == Ended(status=7, report=b"said")
    assert children.reap(child) is None
    assert len(children) == 0
    assert child.fileno() == -1
    child.wait()
    child.send_signal(signal.SIGKILL)
    child.ask()


def test_a_running_child_is_not_reaped_and_a_killed_one_tells_its_signal(children: Children) -> None:
    go_on = Flag()
    child = children.start(nothing, lambda line: int(go_on.wait()))
    assert children.reap(child) is None
    child.send_signal(signal.SIGKILL)
    assert ended(children, child).status == -signal.SIGKILL


def test_the_parent_can_ask_over_the_line(children: Children) -> None:
    def work(line: Line) -> int:
        return 5 if os.read(line.fileno(), 1) else 6

    def prepare(line: Line) -> None:
        os.set_blocking(line.fileno(), True)

    child = children.start(prepare, work)
    child.ask()
    assert ended(children, child).status == 5


def test_a_child_that_was_not_asked_or_did_not_listen_is_heard_all_the_same(children: Children) -> None:
    go_on = Flag()

    def work(line: Line) -> int:
        go_on.wait()
        line.report(b"said")
        return 0

    child = children.start(nothing, work)
    child.ask()
    go_on.set()
    assert ended(children, child) == Ended(status=0, report=b"said")


@pytest.mark.parametrize("size", [REPORT_BYTES, REPORT_BYTES * 100])
def test_a_report_is_bounded_and_keeps_no_child_from_ending(children: Children, size: int) -> None:
    def work(line: Line) -> int:
        line.report(b"x" * size)
        return 0

    end = ended(children, children.start(nothing, work))
    assert end.status == 0
    assert len(end.report) == REPORT_BYTES


def test_an_exception_ends_a_child_with_status_1_and_is_printed(
    children: Children, capfd: pytest.CaptureFixture[str]
) -> None:
    def work(line: Line) -> int:
        raise RuntimeError("on purpose")

    def prepare(line: Line) -> None:
        raise RuntimeError("on purpose")

    assert ended(children, children.start(nothing, work)).status == 1
    assert ended(children, children.start(prepare, lambda line: 0)).status == 1
    assert capfd.readouterr().err.count("RuntimeError: on purpose") == 2


@pytest.mark.parametrize(("code", "status"), [(3, 3), (None, 0), ("text", 1), (256, 0)])
def test_a_child_may_leave_by_systemexit(children: Children, code: int | str | None, status: int) -> None:
    def work(line: Line) -> int:
        raise SystemExit(code)

    assert ended(children, children.start(nothing, work)).status == status


def test_a_child_that_somebody_else_reaped_is_over_with_a_status_that_nobody_knows(children: Children) -> None:
    child = children.start(nothing, lambda line: 3)
    assert os.waitpid(child.pid, 0)[0] == child.pid
    assert ended(children, child) == Ended(status=None, report=b"")


def test_no_signal_reaches_a_child_before_it_is_prepared(children: Children) -> None:
    inside, go_on = Flag(), Flag()

    def prepare(line: Line) -> None:
        inside.set()
        go_on.wait()
        signal.signal(signal.SIGTERM, lambda *_: os._exit(9))

    child = children.start(prepare, lambda line: int(Flag().wait()))
    assert inside.wait()
    child.send_signal(signal.SIGTERM)
    go_on.set()
    assert ended(children, child).status == 9


def test_nothing_is_left_of_a_child_that_could_not_be_had(children: Children, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> int:
        raise BlockingIOError

    before = os.listdir("/proc/self/fd"), signal.pthread_sigmask(signal.SIG_BLOCK, [])
    monkeypatch.setattr(os, "fork", refuse)
    with pytest.raises(BlockingIOError):
        children.start(nothing, lambda line: 0)
    assert (os.listdir("/proc/self/fd"), signal.pthread_sigmask(signal.SIG_BLOCK, [])) == before
    assert len(children) == 0


def test_descriptors_are_given_back(children: Children) -> None:
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        ended(children, children.start(nothing, lambda line: 0))
    assert len(os.listdir("/proc/self/fd")) == before
