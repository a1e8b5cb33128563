"""A vehicle tracker's protocol: packets with a length, a tag, a serial number and a checksum, all of them declared.

The frames are those of the GT06 family of trackers: 78 78, a length, a type, the content, a serial number that a
reply takes over, a CRC, 0D 0A.

    python examples/tracker.py 7878 0d 01 0123456789012345 0001 8cdd 0d0a

says what a frame is (in hexadecimal digits, blanks ignored), and

    python examples/tracker.py [PORT]

serves trackers on PORT (9002 unless told otherwise, 0 for a free one): they log in, are asked for their state, and
what they report is printed.
"""

import sys
from typing import Annotated

import jackfield as jf
from jackfield.messages import codec_for


def crc_itu(data: bytes) -> int:
    """CRC-16/X-25 (ITU-T X.25, section 2.2.7.4): reflected 0x1021, inverted at both ends."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0x8408 if crc & 1 else crc >> 1
    return crc ^ 0xFFFF


@jf.message
class Frame(jf.Packet):
    start: bytes = jf.const(b"\x78\x78")
    length: jf.U8 = jf.length(plus=-2)  # all that follows but the last two
    kind: jf.U8 = jf.tag()
    body: jf.Body
    serial: jf.U16 = jf.echo()
    crc: jf.U16 = jf.checksum(crc_itu, since=length)
    stop: bytes = jf.const(b"\r\n")


@jf.message(tag=0x01)
class LoggedIn:
    pass


@jf.message(tag=0x01)
class Login(jf.Request[LoggedIn]):
    imei: Annotated[bytes, jf.Fixed(8)]


@jf.message(tag=0x13)
class Alive:
    pass


@jf.message(tag=0x13)
class Heartbeat(jf.Request[Alive]):
    information: jf.U8
    voltage: jf.U8
    signal: jf.U8
    language: jf.U16


@jf.message
class Course:
    spare: Annotated[int, jf.Bits(2)]
    realtime: jf.Bit
    positioned: jf.Bit
    west: jf.Bit
    north: jf.Bit
    degrees: Annotated[int, jf.Bits(10)]


@jf.message(tag=0x12)
class Position(jf.OneWay):
    when: Annotated[bytes, jf.Fixed(6)]
    satellites: jf.U8
    latitude: jf.U32
    longitude: jf.U32
    speed: jf.U8
    course: Course
    cell: jf.Rest

    @property
    def degrees(self) -> tuple[float, float]:
        """Latitude and longitude; on the wire they are in 1/30000 of a minute."""
        north, east = self.latitude / 1_800_000, self.longitude / 1_800_000
        return (north if self.course.north else -north), (-east if self.course.west else east)


@jf.message(tag=0x80)
class Command:
    size: jf.U8 = jf.length()
    server_flag: jf.U32
    text: Annotated[bytes, jf.UntilEnd()]


FROM_TRACKERS: dict[int, type[Login | Heartbeat | Position]] = {0x01: Login, 0x13: Heartbeat, 0x12: Position}


def show(data: bytes) -> str:
    """Return what a tracker says in a frame; raises DecodeError where it is none."""
    frame = codec_for(Frame).parse(data)
    body: jf.Unknown = frame.body
    kind = FROM_TRACKERS.get(frame.kind)
    said = body if kind is None else codec_for(kind).parse(body.payload)
    return f"{frame.serial}: {said}"


class Device:
    imei = ""


trackers = jf.Wire(frame=jf.SelfFramed(maximum=260), packet=Frame)
login = jf.Service(trackers, state=Device)
online = jf.Service(trackers, state=Device, unknown="ignore")


@login.on(Login)
def enter(request: Login, context: jf.Context[Device]) -> LoggedIn:
    context.state.imei = request.imei.hex()
    context.become(online)
    return LoggedIn()


@online.on_open
def ask(context: jf.Context[Device]) -> None:
    context.send(Command(server_flag=1, text=b"STATUS#"))


@online.on(Heartbeat)
def beat(request: Heartbeat) -> Alive:
    return Alive()


@online.on(Position)
def report(request: Position, context: jf.Context[Device]) -> None:
    north, east = request.degrees
    print(f"{context.state.imei} #{Frame.of(context).serial}: {north:.4f} {east:.4f}", flush=True)


def main(port: int) -> None:
    server = jf.Server(jf.tcp("127.0.0.1", port), login)
    print(f"tcp://{server.address}", flush=True)
    jf.run(server)


if __name__ == "__main__":
    if len(sys.argv) == 1 or (len(sys.argv) == 2 and len(sys.argv[1]) <= 5 and sys.argv[1].isdigit()):
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 9002)
        sys.exit()
    try:
        print(show(bytes.fromhex("".join(sys.argv[1:]))))
    except (ValueError, jf.DecodeError) as error:
        sys.exit(f"no frame: {error}")
