"""Where requests come in. Each function binds and listens at once, and gives a panel to patch steps behind."""

from ._adopted import adopt as adopt
from ._memory import Memory as Memory
from ._memory import memory as memory
from ._tcp import TcpListener as TcpListener
from ._tcp import tcp as tcp
from ._udp import UdpListener as UdpListener
from ._udp import udp as udp
from ._unix import unix_datagram as unix_datagram
from ._unix import unix_stream as unix_stream

__all__ = ["Memory", "TcpListener", "UdpListener", "adopt", "memory", "tcp", "udp", "unix_datagram", "unix_stream"]
