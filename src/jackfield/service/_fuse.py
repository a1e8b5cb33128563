"""Routes -> source: one function that cuts frames, unpacks, routes, calls, and packs, over all that has arrived.

It does what the session would do, for what is usual: whole frames of messages that are answered by one reply or
none. Whatever else comes (a frame that is not whole, an unknown tag, bytes that are no message, a stream, a call
elsewhere, an exception, a push) it hands to the session at just that place, which goes on in its own way. So it
may give up anywhere, and never decides what a fault comes to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import final

import attrs

from ..messages import Fusing, Number, can_fuse, fits_fusing, parser_of, size_of
from ._conversation import Fused
from ._envelopes import Alone, InFront, Key
from ._frames import LengthPrefixed
from ._routes import Reply, Route
from ._wire import Wire


@final
@attrs.frozen(eq=False)
class Program:
    """The function of a service's routes, and its source."""

    receive: Fused
    source: str
    alone: bool
    """Whether all its messages have a fixed size, and no handler is given the conversation."""


def fuse(wire: Wire, routes: Mapping[Key, Route], replied: object, failed: object, *, framed: bool) -> Program | None:
    """Return the fused function of *routes*, None where the wire is of a kind that the session answers alone.

    It is for streams, or for datagrams, of which none is *framed*.

    *replied* and *failed* say what the session takes up where an answer is not the usual one.
    """
    if not all(_tells(one) and (_cuts(one) or not framed) for one in (wire, wire.replies)):
        return None
    emit = _Emitter(wire, replied, failed, framed=framed)
    usable = [(key, route) for key, route in routes.items() if not (route.outside or route.asked.streamed)]
    if not usable:
        return None
    emit.function(usable)
    alone = all(not route.with_context and size_of(route.codec) is not None for _, route in usable)
    return Program(emit.out.function("receive"), emit.out.text, alone)


def _cuts(wire: Wire) -> bool:
    """Return whether a number says where a frame of *wire* ends."""
    return isinstance(wire.frame, LengthPrefixed) and fits_fusing(wire.frame.number)


def _tells(wire: Wire) -> bool:
    """Return whether a payload of *wire* is the message, or a number and then the message."""
    match wire.envelope:
        case InFront(number=number):
            return fits_fusing(number)
        case Alone(tagged=tagged):
            return not tagged
        case _:
            return False


@final
class _Emitter:
    """Writes the function."""

    def __init__(self, wire: Wire, replied: object, failed: object, *, framed: bool) -> None:
        self._framed = framed
        self.out = Fusing("a service")
        self._wire = wire
        self._replied = self.out.constant(replied, "replied")
        self._failed = self.out.constant(failed, "failed")
        self._contexts = False

    def function(self, routes: list[tuple[Key, Route]]) -> None:
        """Write ``receive(session, buffer, end)``."""
        out = self.out
        self._contexts = any(route.with_context for _, route in routes)
        with out.block("def receive(session, buffer, end)"):
            if self._contexts:
                out.line("talk = session.talk")
                out.line("talk.busy = True")
            for key, route in routes:
                self._alone(key, route)
            if not self._framed:
                out.line("return session.go_on(buffer, 0, end, [])")
                return
            out.line("out = []")
            out.line("add = out.append")
            out.line("start = 0")
            out.line("room = session.room")
            with out.block(f"while end - start >= {self._head_size(self._wire)} and room > 0"):
                out.unpacked(self._heads(), "start")
                for key, route in routes:
                    self._in_a_row(key, route)
                out.line("break")
            with out.block("if start != end"):
                out.line("return session.go_on(buffer, start, end, out)")
            self._leave()

    # ------------------------------------------------------------------ one whole frame, and nothing else

    def _alone(self, key: Key, route: Route) -> None:
        size = size_of(route.codec)
        if size is None:
            return
        out, whole = self.out, self._head_size(self._wire) + size
        with out.block(f"if end == {whole}"):
            with out.block("try"):
                message = out.read(route.codec, self._heads(), "0")
            with out.block("except Exception"):
                out.line("return session.go_on(buffer, 0, end, [])")
            with out.block(f"if {self._is(key, size)}"):
                self._answer(route, message, str(whole), "[]", self._return_reply)
                if not self._contexts:
                    out.line("return b''")
                else:
                    out.line("out = []")
                    self._leave()

    def _return_reply(self, expression: str, size: str) -> None:
        if self._contexts:
            self.out.line(f"out = [{expression}]")
            self._leave()
        else:
            self.out.line(f"return {expression}")

    # ------------------------------------------------------------------ one of many

    def _in_a_row(self, key: Key, route: Route) -> None:
        """Write what answers frames of one kind as long as they follow each other."""
        out, size = self.out, size_of(route.codec)
        head = self._head_size(self._wire)
        if size is None:
            with out.block(f"if {self._tag_is(key)}"):
                self._variable(route, head)
            return
        with out.block(f"if {self._is(key, size)}"):
            with out.block(f"if end - start < {head + size}"):
                out.line("break")
            with out.block(f"while end - start >= {head + size} and room > 0"):
                with out.block("try"):
                    message = out.read(route.codec, self._heads(), "start")
                with out.block("except Exception"):
                    out.line("return session.go_on(buffer, start, end, out)")
                with out.block(f"if not ({self._is(key, size)})"):
                    out.line("break")
                out.line(f"start += {head + size}")
                self._answer(route, message, "start", "out", self._add_reply)
            out.line("continue")

    def _variable(self, route: Route, head: int) -> None:
        out, frame = self.out, _prefix(self._wire)
        front, behind = frame.number.size, head - frame.number.size
        size = f"length - {frame.plus}" if frame.plus else "length"
        out.line(f"size = {size}")
        with out.block(f"if not {behind} <= size <= {frame.maximum} or end - start < {front} + size"):
            out.line("break")
        with out.block("try"):
            parse = out.constant(parser_of(route.codec), "parse")
            out.line(f"message = {parse}(bytes(buffer[start + {head}:start + {front} + size]))")
        with out.block("except Exception"):
            out.line("break")
        out.line(f"start += {front} + size")
        self._answer(route, "message", "start", "out", self._add_reply)
        out.line("continue")

    def _add_reply(self, expression: str, size: str) -> None:
        self.out.line(f"reply = {expression}")
        self.out.line("add(reply)")
        self.out.line(f"room -= {size}")

    # ------------------------------------------------------------------ calling, and what comes of it

    def _answer(self, route: Route, message: str, start: str, out: str, give: Callable[[str, str], None]) -> None:
        """Write the call, and what builds the replies that are usual; the others are the session's."""
        text = self.out
        handler, own = text.constant(route.handler, "handler"), text.constant(route, "route")
        arguments = f"{message}, talk.context" if route.with_context else message
        odd = f"buffer, {start}, end, {out}"
        with text.block("try"):
            text.line(f"answer = {handler}({arguments})")
        with text.block("except Exception as error"):
            text.line(f"return session.go_on({odd}, {self._failed}({own}, session.talk, error))")
        unusual = "talk.pushed or talk.closing or talk.script is not session.script"
        if route.with_context:
            with text.block(f"if {unusual}"):
                text.line(f"return session.go_on({odd}, {self._replied}({own}, session.talk, answer))")
        go_on = f"return session.go_on({odd}, {self._replied}({own}, session.talk, answer))"
        replies = [(cls, reply) for cls, reply in route.replies.items() if can_fuse(reply.codec)]
        if len(replies) == 1 and not route.asked.silent:
            self._try_reply(replies[0][1], give, go_on)  # which refuses what is of another class
            return
        otherwise = "if"
        for cls, reply in replies:
            with text.block(f"{otherwise} type(answer) is {text.constant(cls, cls.__name__)}"):
                self._try_reply(reply, give, go_on)
            otherwise = "elif"
        if route.asked.silent:
            with text.block(f"{otherwise} answer is not None"):
                text.line(go_on)
        elif replies:
            with text.block("else"):
                text.line(go_on)
        else:
            text.line(go_on)

    def _try_reply(self, reply: Reply, give: Callable[[str, str], None], otherwise: str) -> None:
        with self.out.block("try"):
            self._reply(reply, give)
        with self.out.block("except Exception"):
            self.out.line(otherwise)

    def _reply(self, reply: Reply, give: Callable[[str, str], None]) -> None:
        wire = self._wire.replies
        tag_size = wire.envelope.number.size if isinstance(wire.envelope, InFront) else 0
        sizes: list[str] = []

        def heads(size: str) -> list[tuple[Number, str]]:
            sizes.append(size)
            numbers: list[tuple[Number, str]] = []
            if self._framed:
                numbers.append((_prefix(wire).number, _sum(size, tag_size + _prefix(wire).plus)))
            if isinstance(wire.envelope, InFront):
                numbers.append((wire.envelope.number, str(wire.envelope.spoken(reply.key))))
            return numbers

        expression = self.out.write(reply.codec, "answer", heads)
        inner = _sum(sizes[0], tag_size)
        if not self._framed:
            self.out.line(f"reply = {expression}")
            with self.out.block("if not reply"):
                self.out.line("raise ValueError")  # an empty datagram is the session's to give
            give("reply", inner)
            return
        frame = _prefix(wire)
        if not inner.isdigit():
            with self.out.block(f"if {inner} > {frame.maximum}"):
                self.out.line("raise ValueError")
        elif int(inner) > frame.maximum:
            self.out.line("raise ValueError")
        give(expression, _sum(inner, frame.number.size))

    def _leave(self) -> None:
        """Write the end: nothing is left."""
        if self._contexts:
            self.out.line("talk.busy = False")
            with self.out.block("if talk.pushed or talk.closing"):
                self.out.line("return session.gathered(out)")
        self.out.line("return out[0] if len(out) == 1 else b''.join(out)")

    # ------------------------------------------------------------------ heads

    def _heads(self) -> list[tuple[Number, str]]:
        envelope = self._wire.envelope
        heads = [(_prefix(self._wire).number, "length")] if self._framed else []
        return [*heads, (envelope.number, "tag")] if isinstance(envelope, InFront) else heads

    def _head_size(self, wire: Wire) -> int:
        front = _prefix(wire).number.size if self._framed else 0
        return front + (wire.envelope.number.size if isinstance(wire.envelope, InFront) else 0)

    def _tag_is(self, key: Key) -> str:
        envelope = self._wire.envelope
        return f"tag == {envelope.spoken(key)}" if isinstance(envelope, InFront) else "True"

    def _is(self, key: Key, size: int) -> str:
        """Return the condition that a frame is a message of *size* bytes under *key*."""
        envelope = self._wire.envelope
        tag_size = envelope.number.size if isinstance(envelope, InFront) else 0
        if not self._framed:
            return self._tag_is(key)
        return f"length == {tag_size + size + _prefix(self._wire).plus} and {self._tag_is(key)}"


def _prefix(wire: Wire) -> LengthPrefixed:
    match wire.frame:
        case LengthPrefixed() as frame:
            return frame
        case _:
            raise AssertionError("only length prefixes are fused")


def _sum(text: str, more: int) -> str:
    if text.isdigit():
        return str(int(text) + more)
    return f"{text} + {more}" if more else text
