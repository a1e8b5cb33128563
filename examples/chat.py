"""A chat room over a declared wire: who says something is heard by all, who comes and goes is announced.

    python examples/chat.py [PORT]

serves on PORT (9001 unless told otherwise, 0 for a free one) until Ctrl-C or SIGTERM.
"""

import sys

import jackfield as jf


@jf.message(tag=0x81)
class Welcome:
    others: jf.U16


@jf.message(tag=0x82)
class Taken:
    name: jf.Text8


@jf.message(tag=0x83)
class Said:
    name: jf.Text8
    text: jf.Text16


@jf.message(tag=0x84)
class Came:
    name: jf.Text8


@jf.message(tag=0x85)
class Left:
    name: jf.Text8


@jf.message(tag=0x01)
class Enter(jf.Request[Welcome | Taken]):
    name: jf.Text8


@jf.message(tag=0x02)
class Say(jf.OneWay):
    text: jf.Text16


class Guest:
    name = ""


wire = jf.Wire(frame=jf.LengthPrefixed(jf.U16, maximum=4096), tag=jf.U8)
door = jf.Service(wire, state=Guest)  # who has not given a name yet
room = jf.Service(wire, state=Guest)


def tell(message: Said | Came | Left, *, but: jf.Context[Guest] | None = None) -> None:
    for context in room.connections:
        if context is not but:
            try:
                context.send(message)
            except jf.Overloaded:
                context.close()  # has not read for too long
            except jf.ClosedError:
                pass  # is leaving


@door.on(Enter)
def enter(request: Enter, context: jf.Context[Guest]) -> Welcome | Taken:
    if request.name in {other.state.name for other in room.connections}:
        return Taken(request.name)
    context.state.name = request.name
    context.become(room)
    return Welcome(len(room.connections))


@room.on_open
def came(context: jf.Context[Guest]) -> None:
    tell(Came(context.state.name), but=context)


@room.on_close
def left(context: jf.Context[Guest]) -> None:
    tell(Left(context.state.name))


@room.on(Say)
def say(request: Say, context: jf.Context[Guest]) -> None:
    tell(Said(context.state.name, request.text))


def main(port: int) -> None:
    server = jf.Server(jf.tcp("127.0.0.1", port), door)
    print(f"tcp://{server.address}", flush=True)
    jf.run(server)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 9001)
