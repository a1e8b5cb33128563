"""Kaitai Struct: what its compiler emits for Python, written by hand, on its own runtime.

A and B can be written, too (its read-write mode); C to E are classes that read, as its users mostly make them.
B leaves the CRC unchecked: a .ksy file cannot say it.
"""

from kaitaistruct import (
    BytesIO,
    ConsistencyError,
    KaitaiStream,
    KaitaiStruct,
    ReadWriteKaitaiStruct,
    ValidationNotEqualError,
)

from peers.samples import SAMPLES


class Reader(KaitaiStruct):
    """What each class that only reads begins with."""

    def __init__(self, _io, _parent=None, _root=None):
        super().__init__(_io)
        self._parent = _parent
        self._root = _root or self
        self._read()


class Writer(ReadWriteKaitaiStruct):
    """What each class that reads and writes begins with."""

    def __init__(self, _io=None, _parent=None, _root=None):
        super().__init__(_io)
        self._parent = _parent
        self._root = _root or self

    def _fetch_instances(self):
        pass


def _read_reading(self):
    self.version = self._io.read_u1()
    self.kind = self._io.read_u1()
    self.flags = self._io.read_u2be()
    self.sequence = self._io.read_u4be()
    self.at = self._io.read_u8be()
    self.value = self._io.read_s4be()
    self.battery = self._io.read_u1()


class Reading(Reader):
    _read = _read_reading


class WritableReading(Writer):
    def _read(self):
        _read_reading(self)
        self._dirty = False

    def _check(self):
        self._dirty = False

    def _write__seq(self, io=None):
        super()._write__seq(io)
        self._io.write_u1(self.version)
        self._io.write_u1(self.kind)
        self._io.write_u2be(self.flags)
        self._io.write_u4be(self.sequence)
        self._io.write_u8be(self.at)
        self._io.write_s4be(self.value)
        self._io.write_u1(self.battery)


def _read_envelope(self):
    self.magic = self._io.read_bytes(2)
    if not self.magic == b"\xab\xcd":
        raise ValidationNotEqualError(b"\xab\xcd", self.magic, self._io, "/seq/0")
    self.version = self._io.read_u1()
    self.flags = self._io.read_u1()
    self.sequence = self._io.read_u4be()
    self.size = self._io.read_u2be()
    self.payload = self._io.read_bytes(self.size)
    self.crc = self._io.read_u4be()


class Envelope(Reader):
    _read = _read_envelope


class WritableEnvelope(Writer):
    def _read(self):
        _read_envelope(self)
        self._dirty = False

    def _check(self):
        if len(self.magic) != 2:
            raise ConsistencyError("magic", 2, len(self.magic))
        if not self.magic == b"\xab\xcd":
            raise ValidationNotEqualError(b"\xab\xcd", self.magic, None, "/seq/0")
        if len(self.payload) != self.size:
            raise ConsistencyError("payload", self.size, len(self.payload))
        self._dirty = False

    def _write__seq(self, io=None):
        super()._write__seq(io)
        self._io.write_bytes(self.magic)
        self._io.write_u1(self.version)
        self._io.write_u1(self.flags)
        self._io.write_u4be(self.sequence)
        self._io.write_u2be(self.size)
        self._io.write_bytes(self.payload)
        self._io.write_u4be(self.crc)


class Pair(Reader):
    def _read(self):
        self.low = self._io.read_u1()
        self.high = self._io.read_u2be()


class Item(Reader):
    def _read(self):
        self.kind = self._io.read_u1()
        self.size = self._io.read_u1()
        _on = self.kind
        if _on == 1:
            self.value = self._io.read_u4be()
        elif _on == 2:
            self.value = self._io.read_u2be()
        elif _on == 4:
            self.value = Pair(self._io, self, self._root)
        else:
            self.value = self._io.read_bytes(self.size)


class Items(Reader):
    def _read(self):
        self.ident = self._io.read_u2be()
        self.count = self._io.read_u1()
        self.items = []
        for _ in range(self.count):
            self.items.append(Item(self._io, self, self._root))


class Label(Reader):
    def _read(self):
        self.size = self._io.read_u1()
        self.text = self._io.read_bytes(self.size)


class Flags(Reader):
    def _read(self):
        self.response = self._io.read_bits_int_be(1) != 0
        self.opcode = self._io.read_bits_int_be(4)
        self.authoritative = self._io.read_bits_int_be(1) != 0
        self.truncated = self._io.read_bits_int_be(1) != 0
        self.recursion_desired = self._io.read_bits_int_be(1) != 0
        self.recursion_available = self._io.read_bits_int_be(1) != 0
        self.zero = self._io.read_bits_int_be(3)
        self.code = self._io.read_bits_int_be(4)


class Question(Reader):
    def _read(self):
        self.ident = self._io.read_u2be()
        self.flags = Flags(self._io, self, self._root)
        self.questions = self._io.read_u2be()
        self.answers = self._io.read_u2be()
        self.authorities = self._io.read_u2be()
        self.additional = self._io.read_u2be()
        self.labels = []
        while True:
            _ = Label(self._io, self, self._root)
            self.labels.append(_)
            if _.size == 0:
                break
        self.kind = self._io.read_u2be()
        self.space = self._io.read_u2be()


class ReadOrWrite(Reader):
    def _read(self):
        self.address = self._io.read_u2be()
        self.count = self._io.read_u2be()


class WriteSeveral(Reader):
    def _read(self):
        self.address = self._io.read_u2be()
        self.count = self._io.read_u2be()
        self.size = self._io.read_u1()
        self.values = []
        for _ in range(self.count):
            self.values.append(self._io.read_u2be())


class Rest(Reader):
    def _read(self):
        self.unit = self._io.read_u1()
        self.function = self._io.read_u1()
        _on = self.function
        if _on in (3, 6):
            self.data = ReadOrWrite(self._io, self, self._root)
        elif _on == 16:
            self.data = WriteSeveral(self._io, self, self._root)
        else:
            self.data = self._io.read_bytes_full()


class Modbus(Reader):
    def _read(self):
        self.transaction = self._io.read_u2be()
        self.protocol = self._io.read_bytes(2)
        if not self.protocol == b"\0\0":
            raise ValidationNotEqualError(b"\0\0", self.protocol, self._io, "/seq/1")
        self.size = self._io.read_u2be()
        self._raw_rest = self._io.read_bytes(self.size)
        _io__raw_rest = KaitaiStream(BytesIO(self._raw_rest))
        self.rest = Rest(_io__raw_rest, self, self._root)


def _parser(cls):
    return lambda data: cls(KaitaiStream(BytesIO(data)))


def _builder(cls, letter):
    """Kaitai writes an object into a stream whose size the caller knows."""
    size = len(SAMPLES[letter])
    message = cls(KaitaiStream(BytesIO(SAMPLES[letter])))
    message._read()

    def build(_):
        stream = KaitaiStream(BytesIO(bytearray(size)))
        message._check()
        message._write(stream)
        return stream.to_byte_array()

    return build


CONTENDERS = {
    "Kaitai": {
        "A": (_parser(Reading), _builder(WritableReading, "A")),
        "B": (_parser(Envelope), _builder(WritableEnvelope, "B")),
        "C": (_parser(Items), None),
        "D": (_parser(Question), None),
        "E": (_parser(Modbus), None),
    }
}
