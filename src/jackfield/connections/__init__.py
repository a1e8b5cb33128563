"""What parts hand on: connections and datagrams, and the panel that patches steps behind a listener.

Blocking code lives here; when it runs, and on which thread, is the dispatcher's business.
"""

from ._async_connection import AsyncConnection as AsyncConnection
from ._async_datagram import AsyncDatagram as AsyncDatagram
from ._close_on_fork import FORKING as FORKING
from ._close_on_fork import Holder as Holder
from ._close_on_fork import close_on_fork as close_on_fork
from ._close_on_fork import let_go as let_go
from ._connection import Connection as Connection
from ._connection import RawConnection as RawConnection
from ._connection import Unread as Unread
from ._datagram import Datagram as Datagram
from ._datagram import Ends as Ends
from ._facets import Certificate as Certificate
from ._facets import Credentials as Credentials
from ._facets import Proxied as Proxied
from ._facets import Secured as Secured
from ._hold import hold as hold
from ._incoming import Desk as Desk
from ._incoming import Incoming as Incoming
from ._incoming import name_of as name_of
from ._lookout import Lookout as Lookout
from ._transports import prepared as prepared
from ._waker import Waker as Waker

__all__ = [
    "FORKING",
    "AsyncConnection",
    "AsyncDatagram",
    "Certificate",
    "Connection",
    "Credentials",
    "Datagram",
    "Desk",
    "Ends",
    "Holder",
    "Incoming",
    "Lookout",
    "Proxied",
    "RawConnection",
    "Secured",
    "Unread",
    "Waker",
    "close_on_fork",
    "hold",
    "let_go",
    "name_of",
    "prepared",
]
