"""The panel: a listener and the steps that its requests pass, recorded; whoever accepts runs them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Generic, Protocol, final

from typing_extensions import TypeVar

from ..addresses import Address
from ..errors import PeerError
from ..interfaces import Accepted, Listener
from ._close_on_fork import FORKING

RequestT = TypeVar("RequestT", bound=Accepted)
RequestT_co = TypeVar("RequestT_co", bound=Accepted, covariant=True)
NewT = TypeVar("NewT", bound=Accepted)


class Desk(Protocol):
    """Who is told while requests pass the steps: the server's gate."""

    def arrived(self, request: Accepted, /) -> None:
        """Note that *request* came in, before any step sees it."""
        ...

    def refused(self, arrived: Accepted, request: Accepted, by: str, error: Exception | None, /) -> None:
        """Note that the step *by* refused *request*, which *arrived* as that, with *error* if it raised; end it."""
        ...

    def talks(self, arrived: Accepted, request: Accepted, rest: Callable[[], None], /) -> None:
        """Note that *request* has to talk before it may go on; when it has, *rest* takes it through the other steps."""
        ...


class Path(Protocol[RequestT_co]):
    """A listener with some steps behind it, ready to be walked."""

    @property
    def source(self) -> Listener[Accepted]:
        """The listener at its beginning."""
        ...

    @property
    def bare(self) -> Listener[RequestT_co] | None:
        """The listener, where no step stands behind it."""
        ...

    def walk(self, desk: Desk, out: Callable[[Accepted, RequestT_co], None], /) -> Callable[[], bool]:
        """Return a function that accepts one request, takes it through the steps and calls *out*.

        *out* gets the request as it arrived and as it left the last step. The function returns False where
        nothing was there, True otherwise, be it that a step refused. It raises what the listener's ``accept``
        raises. Steps after one are a closure, so that those behind one which has to talk first are run when it
        has, by whoever drives the request.
        """
        ...


@final
class _Source(Generic[RequestT]):
    """No step yet."""

    def __init__(self, listener: Listener[RequestT]) -> None:
        self._listener = listener

    @property
    def source(self) -> Listener[Accepted]:
        return self._listener

    @property
    def bare(self) -> Listener[RequestT]:
        return self._listener

    def walk(self, desk: Desk, out: Callable[[Accepted, RequestT], None], /) -> Callable[[], bool]:
        accept, arrived = self._listener.accept, desk.arrived

        def accept_one() -> bool:
            with FORKING:  # a child of another thread must not inherit what nobody knows of yet
                request = accept()
                if request is None:
                    return False
                arrived(request)
            out(request, request)
            return True

        return accept_one


@final
class _Through(Generic[RequestT, NewT]):
    """A path and one more step."""

    def __init__(self, path: Path[RequestT], step: Callable[[RequestT], NewT | None], name: str) -> None:
        self._path = path
        self._step = step
        self._name = name

    @property
    def source(self) -> Listener[Accepted]:
        return self._path.source

    @property
    def bare(self) -> None:
        return None

    def walk(self, desk: Desk, out: Callable[[Accepted, NewT], None], /) -> Callable[[], bool]:
        step, name = self._step, self._name

        def advance(arrived: Accepted, request: RequestT) -> None:
            try:
                refined = step(request)
            except Exception as error:
                desk.refused(arrived, request, name, error)
                return
            if refined is None:
                desk.refused(arrived, request, name, None)
            elif refined.negotiation is not None:
                desk.talks(arrived, refined, partial(out, arrived, refined))
            else:
                out(arrived, refined)

        return self._path.walk(desk, advance)


@final
class _Doorkeeper:
    """The desk of an `Incoming` that is used without a server: it waits for talks, and ends what is refused."""

    def arrived(self, request: Accepted, /) -> None:
        pass

    def refused(self, arrived: Accepted, request: Accepted, by: str, error: Exception | None, /) -> None:
        request.finish(error)
        arrived.finish(error)

    def talks(self, arrived: Accepted, request: Accepted, rest: Callable[[], None], /) -> None:
        try:
            through = request.talk()
        except (PeerError, OSError) as error:
            self.refused(arrived, request, "the talk", error)
            return
        if through:
            rest()
        else:
            self.refused(arrived, request, "the talk", None)


def name_of(part: object) -> str:
    """Return what a step or a handler is called in events and errors."""
    name = getattr(part, "__qualname__", None)
    return name if isinstance(name, str) else type(part).__qualname__


def _keep(allow: Callable[[RequestT], bool]) -> Callable[[RequestT], RequestT | None]:
    def step(request: RequestT) -> RequestT | None:
        return request if allow(request) else None

    return step


def _first(path: Path[RequestT]) -> RequestT | None:
    passed: list[RequestT] = []
    accept_one = path.walk(_Doorkeeper(), lambda _, request: passed.append(request))
    while accept_one():
        if passed:
            return passed[0]
    return None


@final
class Incoming(Generic[RequestT_co]):
    """A listener with its acceptors, in the order in which a request passes them; itself a listener.

    Immutable: `through` and `only` return a new one, over the same listener.
    """

    __slots__ = ("path",)

    def __init__(self, listener: Listener[RequestT_co]) -> None:
        self.path: Path[RequestT_co] = _Source(listener)
        """What a server walks."""

    def through(self, step: Callable[[RequestT_co], NewT | None], /) -> Incoming[NewT]:
        """Return this with *step* behind it: it gets what came through so far, and refines or refuses it."""
        return self._with(_Through(self.path, step, name_of(step)))

    def only(self, allow: Callable[[RequestT_co], bool], /) -> Incoming[RequestT_co]:
        """Return this with *allow* behind it: what it says False to is refused; the type stays as it is."""
        return self._with(_Through(self.path, _keep(allow), name_of(allow)))

    @property
    def address(self) -> Address:
        """Where the listener listens."""
        return self.path.source.address

    def fileno(self) -> int:
        """Return the listener's descriptor."""
        return self.path.source.fileno()

    def accept(self) -> RequestT_co | None:
        """Return what came through the steps, or None where nothing more is there; refused requests are closed.

        Without a server a step that has to talk (TLS, a PROXY header) does so here, and waits for the peer,
        ``Limits.handshake`` seconds at most.
        """
        return _first(self.path)

    def close(self) -> None:
        """Close the listener. Idempotent."""
        self.path.source.close()

    @staticmethod
    def _with(path: Path[NewT]) -> Incoming[NewT]:
        incoming: Incoming[NewT] = Incoming.__new__(Incoming)
        incoming.path = path
        return incoming
