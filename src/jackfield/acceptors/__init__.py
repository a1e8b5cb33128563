"""Steps between a listener and a handler: who may enter, and what is learned of them.

An acceptor is any callable ``(request) -> request | None``; these are the ones at hand.
"""

from ._credentials import PeerCredentials as PeerCredentials
from ._limit import Limit as Limit
from ._networks import Allow as Allow
from ._networks import Deny as Deny
from ._proxy import ProxyProtocol as ProxyProtocol
from ._tls import Tls as Tls

__all__ = ["Allow", "Deny", "Limit", "PeerCredentials", "ProxyProtocol", "Tls"]
