"""The same messages by hand: what a good engineer writes with struct, with every check that the declaration makes.

It makes the same objects as the declared messages, in the ordinary way, by calling their classes.
"""

from struct import Struct, pack, unpack_from
from zlib import crc32

from jackfield import Unknown
from peers.declared import (
    Blob,
    Envelope,
    Flags,
    Half,
    Item,
    Items,
    Modbus,
    Pair,
    Question,
    Reading,
    ReadRegisters,
    Word,
    WriteRegister,
    WriteRegisters,
)

READING = Struct(">BBHLQlB")


def parse_reading(data):
    if len(data) != 21:
        raise ValueError("a reading is 21 bytes")
    return Reading(*READING.unpack(data))


def build_reading(reading):
    return READING.pack(
        reading.version, reading.kind, reading.flags, reading.sequence, reading.at, reading.value, reading.battery
    )


HEAD = Struct(">2sBBLH")
CRC = Struct(">L")


def parse_envelope(data):
    if len(data) < 14:
        raise ValueError("too short for an envelope")
    magic, version, flags, sequence, size = HEAD.unpack_from(data)
    if magic != b"\xab\xcd":
        raise ValueError("no envelope")
    end = 10 + size
    if len(data) != end + 4:
        raise ValueError("another size than it says")
    (crc,) = CRC.unpack_from(data, end)
    if crc != crc32(data[:end]):
        raise ValueError("wrong checksum")
    return Envelope(version, flags, sequence, data[10:end])


def build_envelope(envelope):
    payload = envelope.payload
    head = HEAD.pack(b"\xab\xcd", envelope.version, envelope.flags, envelope.sequence, len(payload))
    data = head + payload
    return data + CRC.pack(crc32(data))


ITEMS = Struct(">HB")
WORD = Struct(">L")
HALF = Struct(">H")
PAIR = Struct(">BH")
TAGGED_WORD = Struct(">BBL")
TAGGED_HALF = Struct(">BBH")
TAGGED_PAIR = Struct(">BBBH")


def parse_items(data):
    end = len(data)
    if end < 3:
        raise ValueError("too short")
    ident, count = ITEMS.unpack_from(data)
    at, items = 3, []
    for _ in range(count):
        if end - at < 2:
            raise ValueError("too short")
        kind, size = data[at], data[at + 1]
        at += 2
        if end - at < size:
            raise ValueError("too short")
        if kind == 1:
            if size != 4:
                raise ValueError("a word has 4 bytes")
            items.append(Item(Word(*WORD.unpack_from(data, at))))
        elif kind == 2:
            if size != 2:
                raise ValueError("a half has 2 bytes")
            items.append(Item(Half(*HALF.unpack_from(data, at))))
        elif kind == 3:
            items.append(Item(Blob(data[at : at + size])))
        elif kind == 4:
            if size != 3:
                raise ValueError("a pair has 3 bytes")
            items.append(Item(Pair(*PAIR.unpack_from(data, at))))
        else:
            items.append(Item(Unknown(kind, data[at : at + size])))
        at += size
    if at != end:
        raise ValueError("bytes are left over")
    return Items(ident, items)


def build_items(message):
    parts = [ITEMS.pack(message.ident, len(message.items))]
    for item in message.items:
        value = item.value
        kind = type(value)
        if kind is Word:
            parts.append(TAGGED_WORD.pack(1, 4, value.value))
        elif kind is Half:
            parts.append(TAGGED_HALF.pack(2, 2, value.value))
        elif kind is Blob:
            parts.append(bytes((3, len(value.value))))
            parts.append(value.value)
        elif kind is Pair:
            parts.append(TAGGED_PAIR.pack(4, 3, value.low, value.high))
        else:
            parts.append(bytes((value.tag, len(value.payload))))
            parts.append(value.payload)
    return b"".join(parts)


QUESTION = Struct(">6H")
TWO = Struct(">HH")


def parse_question(data):
    end = len(data)
    if end < 12:
        raise ValueError("too short")
    ident, bits, questions, answers, authorities, additional = QUESTION.unpack_from(data)
    at, labels = 12, []
    while True:
        if at >= end:
            raise ValueError("too short")
        size = data[at]
        at += 1
        if not size:
            break
        if end - at < size:
            raise ValueError("too short")
        labels.append(data[at : at + size])
        at += size
    if end - at != 4:
        raise ValueError("another size")
    kind, space = TWO.unpack_from(data, at)
    flags = Flags(
        bits >> 15 == 1,
        bits >> 11 & 15,
        bits >> 10 & 1 == 1,
        bits >> 9 & 1 == 1,
        bits >> 8 & 1 == 1,
        bits >> 7 & 1 == 1,
        bits >> 4 & 7,
        bits & 15,
    )
    return Question(ident, flags, questions, answers, authorities, additional, labels, kind, space)


def build_question(question):
    flags = question.flags
    bits = (
        (32768 if flags.response else 0)
        | flags.opcode << 11
        | (1024 if flags.authoritative else 0)
        | (512 if flags.truncated else 0)
        | (256 if flags.recursion_desired else 0)
        | (128 if flags.recursion_available else 0)
        | flags.zero << 4
        | flags.code
    )
    parts = [
        QUESTION.pack(
            question.ident, bits, question.questions, question.answers, question.authorities, question.additional
        )
    ]
    for label in question.labels:
        if not label:
            raise ValueError("an empty label would end them")
        parts.append(bytes((len(label),)))
        parts.append(label)
    parts.append(b"\0")
    parts.append(TWO.pack(question.kind, question.space))
    return b"".join(parts)


MODBUS = Struct(">HHHBB")
SEVERAL = Struct(">HHB")


def parse_modbus(data):
    end = len(data)
    if end < 8:
        raise ValueError("too short")
    transaction, protocol, length, unit, function = MODBUS.unpack_from(data)
    if protocol:
        raise ValueError("not Modbus")
    if end != 6 + length:
        raise ValueError("another size than it says")
    if function == 16:
        if end < 13:
            raise ValueError("too short")
        address, count, size = SEVERAL.unpack_from(data, 8)
        if end != 13 + 2 * count:
            raise ValueError("another size than it says")
        body = WriteRegisters(address, size, list(unpack_from(f">{count}H", data, 13)))
    elif function in (3, 6):
        if end != 12:
            raise ValueError("another size")
        address, second = TWO.unpack_from(data, 8)
        body = ReadRegisters(address, second) if function == 3 else WriteRegister(address, second)
    else:
        body = Unknown(function, data[8:end])
    return Modbus(transaction, unit, body)


def build_modbus(message):
    body = message.function
    kind = type(body)
    if kind is WriteRegisters:
        function, count = 16, len(body.values)
        data = SEVERAL.pack(body.address, count, body.size) + pack(f">{count}H", *body.values)
    elif kind is ReadRegisters:
        function, data = 3, TWO.pack(body.address, body.count)
    elif kind is WriteRegister:
        function, data = 6, TWO.pack(body.address, body.value)
    else:
        function, data = body.tag, body.payload
    return MODBUS.pack(message.transaction, 0, len(data) + 2, message.unit, function) + data


CONTENDERS = {
    "by hand, with struct": {
        "A": (parse_reading, build_reading),
        "B": (parse_envelope, build_envelope),
        "C": (parse_items, build_items),
        "D": (parse_question, build_question),
        "E": (parse_modbus, build_modbus),
    }
}
