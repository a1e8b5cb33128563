"""What parts hand on: connections and datagrams, and the panel that patches steps behind a listener.

Blocking code lives here; when it runs, and on which thread, is the dispatcher's business.
"""

from ._connection import Connection as Connection
from ._connection import RawConnection as RawConnection
from ._connection import Unread as Unread
from ._datagram import Datagram as Datagram
from ._incoming import Desk as Desk
from ._incoming import Incoming as Incoming
from ._incoming import name_of as name_of

__all__ = ["Connection", "Datagram", "Desk", "Incoming", "RawConnection", "Unread", "name_of"]
