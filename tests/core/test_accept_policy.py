"""What a failed accept means."""

from __future__ import annotations

import errno

import pytest

from jackfield.core import Verdict, judge_accept_error, peer_is_gone

# accept(2), "Error handling" and "ERRORS"; udp(7) for ECONNREFUSED.
FORESEEN = {
    Verdict.NOTHING: [errno.EAGAIN, errno.EINTR],
    Verdict.LOST: [
        errno.ECONNABORTED,
        errno.ECONNRESET,
        errno.ECONNREFUSED,
        errno.EPROTO,
        errno.EPERM,
        errno.ENETDOWN,
        errno.ENOPROTOOPT,
        errno.EHOSTDOWN,
        errno.EHOSTUNREACH,
        errno.EOPNOTSUPP,
        errno.ENETUNREACH,
        errno.ETIMEDOUT,
    ],
    Verdict.PAUSE: [errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM],
    Verdict.FATAL: [errno.EBADF, errno.EINVAL, errno.ENOTSOCK, errno.EFAULT],
}


@pytest.mark.parametrize(
    ("verdict", "number"),
    [(verdict, number) for verdict, numbers in FORESEEN.items() for number in numbers],
    ids=lambda value: errno.errorcode[value] if isinstance(value, int) else value.value,
)
def test_each_error_that_the_manual_page_names_has_its_verdict(verdict: Verdict, number: int) -> None:
    assert judge_accept_error(OSError(number, "")) is verdict


def test_an_error_that_nobody_foresaw_is_not_one_to_spin_on() -> None:
    assert judge_accept_error(OSError("without a number")) is Verdict.FATAL
    assert judge_accept_error(OSError(99_999, "")) is Verdict.FATAL


@pytest.mark.parametrize("number", [errno.ECONNRESET, errno.EPIPE, errno.ENOTCONN, errno.ETIMEDOUT, errno.EHOSTUNREACH])
def test_a_broken_connection_is_told_from_other_errors(number: int) -> None:
    assert peer_is_gone(OSError(number, ""))


@pytest.mark.parametrize("number", [errno.EBADF, errno.EAGAIN, errno.EMSGSIZE, None])
def test_other_errors_say_nothing_of_the_peer(number: int | None) -> None:
    assert not peer_is_gone(OSError(number, "") if number else OSError("text"))
