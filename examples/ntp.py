"""A time server (SNTP, RFC 5905): the message declared, one function decorated, served over UDP.

    python examples/ntp.py [PORT]

answers with this machine's clock on PORT (1123 unless told otherwise, 0 for a free one). Ask it with any NTP client:

    python -c "import ntplib; print(ntplib.NTPClient().request('127.0.0.1', port=1123).offset)"
"""

import sys
import time
from typing import Annotated

import jackfield as jf

NTP_EPOCH = 2_208_988_800  # seconds from 1900 to 1970, RFC 5905, section 6
CLIENT, SERVER = 3, 4  # RFC 5905, figure 10


@jf.message
class Short:
    """16.16 fixed point: seconds and 1/65536 of one."""

    seconds: jf.U16
    fraction: jf.U16


@jf.message
class Timestamp:
    """32.32 fixed point: seconds since 1900 and 1/2**32 of one."""

    seconds: jf.U32
    fraction: jf.U32


@jf.message
class Ntp:
    leap: Annotated[int, jf.Bits(2)]
    version: Annotated[int, jf.Bits(3)]
    mode: Annotated[int, jf.Bits(3)]
    stratum: jf.U8
    poll: jf.I8
    precision: jf.I8
    root_delay: Short
    root_dispersion: Short
    reference_id: Annotated[bytes, jf.Fixed(4)]
    reference: Timestamp
    origin: Timestamp
    received: Timestamp
    transmitted: Timestamp
    extensions: jf.Rest = b""  # and a signature: RFC 5905, section 7.5; not understood, not required


def now() -> Timestamp:
    nanoseconds = time.time_ns() + NTP_EPOCH * 10**9
    seconds, rest = divmod(nanoseconds, 10**9)
    return Timestamp(seconds % 2**32, rest * 2**32 // 10**9)  # era 1 begins in 2036


@jf.datagram_handler(Ntp)
def tell_time(request: Ntp) -> Ntp | None:
    if request.mode != CLIENT or not 1 <= request.version <= 4:
        return None
    received = now()
    return Ntp(
        leap=0,
        version=request.version,
        mode=SERVER,
        stratum=1,
        poll=request.poll,
        precision=-20,
        root_delay=Short(0, 0),
        root_dispersion=Short(0, 66),  # a millisecond
        reference_id=b"LOCL",  # an uncalibrated local clock, RFC 4330, section 4
        reference=received,
        origin=request.transmitted,
        received=received,
        transmitted=now(),
    )


def main(port: int) -> None:
    server = jf.Server(jf.udp("127.0.0.1", port), tell_time)
    print(f"udp://{server.address}", flush=True)
    jf.run(server)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1123)
