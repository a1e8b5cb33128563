"""Rules without I/O: what a connection's bytes, counts and errors mean, and what comes next.

Nothing here owns a socket, a thread or a clock; whoever has one asks.
"""

from ._accept_policy import PAUSE_SECONDS as PAUSE_SECONDS
from ._accept_policy import Verdict as Verdict
from ._accept_policy import judge_accept_error as judge_accept_error
from ._accept_policy import peer_is_gone as peer_is_gone
from ._admission import Admission as Admission
from ._blame import blame as blame
from ._blame import lost as lost
from ._buffer import Inbox as Inbox
from ._calls import call_here as call_here
from ._calls import failure as failure
from ._crc32c import crc32c as crc32c
from ._deadlines import Wait as Wait
from ._deadlines import time_left as time_left
from ._flow import Flow as Flow
from ._flow import Line as Line
from ._negotiated import NegotiatedSession as NegotiatedSession
from ._next import Step as Step
from ._next import after as after
from ._next import after_datagram as after_datagram
from ._proxy_header import ProxiedTls as ProxiedTls
from ._proxy_header import ProxyHeader as ProxyHeader
from ._proxy_header import read_proxy_header as read_proxy_header
from ._report import REPORT_BYTES as REPORT_BYTES
from ._report import pack_fault as pack_fault
from ._report import pack_report as pack_report
from ._report import unpack_fault as unpack_fault
from ._report import unpack_report as unpack_report
from ._thinning import Thinning as Thinning
from ._wheel import Wheel as Wheel
from ._wheel import tick_for as tick_for

__all__ = [
    "PAUSE_SECONDS",
    "REPORT_BYTES",
    "Admission",
    "Flow",
    "Inbox",
    "Line",
    "NegotiatedSession",
    "ProxiedTls",
    "ProxyHeader",
    "Step",
    "Thinning",
    "Verdict",
    "Wait",
    "Wheel",
    "after",
    "after_datagram",
    "blame",
    "call_here",
    "crc32c",
    "failure",
    "judge_accept_error",
    "lost",
    "pack_fault",
    "pack_report",
    "peer_is_gone",
    "read_proxy_header",
    "tick_for",
    "time_left",
    "unpack_fault",
    "unpack_report",
]
