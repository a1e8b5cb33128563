# The part of construct 2.10.70 that Jackfield and its tests use. _ParsedT is what a schema parses to, _BuildT what it
# builds from. Parameters that may be an expression or a function of the context are Any, as they are at run time.
from collections.abc import Callable, Mapping
from typing import IO, Any, Generic, TypeVar

from construct.lib.containers import Container, ListContainer

_ParsedT = TypeVar("_ParsedT", covariant=True)
_BuildT = TypeVar("_BuildT", contravariant=True)

class ConstructError(Exception):
    path: str | None
    def __init__(self, message: str = ..., path: str | None = ...) -> None: ...

class StreamError(ConstructError): ...
class ExplicitError(ConstructError): ...
class FormatFieldError(ConstructError): ...
class IntegerError(ConstructError): ...
class StringError(ConstructError): ...
class RangeError(ConstructError): ...
class ConstError(ConstructError): ...
class SizeofError(ConstructError): ...

class Construct(Generic[_ParsedT, _BuildT]):
    name: str | None
    docs: str
    def parse(self, data: bytes | bytearray | memoryview, **contextkw: Any) -> _ParsedT: ...
    def parse_stream(self, stream: Any, **contextkw: Any) -> _ParsedT: ...
    def build(self, obj: _BuildT, **contextkw: Any) -> bytes: ...
    def build_stream(self, obj: _BuildT, stream: IO[bytes], **contextkw: Any) -> None: ...
    def sizeof(self, **contextkw: Any) -> int: ...
    def __rtruediv__(self, name: str | None) -> Renamed[_ParsedT, _BuildT]: ...
    def __getitem__(self, count: Any) -> Array: ...

class Subconstruct(Construct[_ParsedT, _BuildT]):
    subcon: Construct[Any, Any]
    def __init__(self, subcon: Construct[Any, Any]) -> None: ...

class Renamed(Subconstruct[_ParsedT, _BuildT]):
    def __init__(
        self,
        subcon: Construct[_ParsedT, _BuildT],
        newname: str | None = ...,
        newdocs: str | None = ...,
        newparsed: Callable[..., Any] | None = ...,
    ) -> None: ...

class Bytes(Construct[bytes, bytes | int]):
    length: Any
    def __init__(self, length: Any) -> None: ...

class FormatField(Construct[_ParsedT, _BuildT]):
    fmtstr: str
    length: int
    def __init__(self, endianity: str, format: str) -> None: ...

class BytesInteger(Construct[int, int]):
    def __init__(self, length: Any, signed: bool = ..., swapped: Any = ...) -> None: ...

class BitsInteger(Construct[int, int]):
    def __init__(self, length: Any, signed: bool = ..., swapped: Any = ...) -> None: ...

class StringEncoded(Subconstruct[str, str]):
    def __init__(self, subcon: Construct[Any, Any], encoding: str) -> None: ...

class Struct(Construct[Container, Mapping[str, Any] | None]):
    subcons: list[Construct[Any, Any]]
    def __init__(self, *subcons: Construct[Any, Any], **subconskw: Construct[Any, Any]) -> None: ...

class Sequence(Construct[ListContainer, Any]):
    subcons: list[Construct[Any, Any]]
    def __init__(self, *subcons: Construct[Any, Any], **subconskw: Construct[Any, Any]) -> None: ...

class Array(Subconstruct[ListContainer, Any]):
    def __init__(self, count: Any, subcon: Construct[Any, Any], discard: bool = ...) -> None: ...

class GreedyRange(Subconstruct[ListContainer, Any]):
    def __init__(self, subcon: Construct[Any, Any], discard: bool = ...) -> None: ...

class RepeatUntil(Subconstruct[ListContainer, Any]):
    def __init__(self, predicate: Any, subcon: Construct[Any, Any], discard: bool = ...) -> None: ...

class Const(Subconstruct[Any, Any]):
    value: Any
    def __init__(self, value: Any, subcon: Construct[Any, Any] | None = ...) -> None: ...

class Default(Subconstruct[_ParsedT, Any]):
    def __init__(self, subcon: Construct[_ParsedT, Any], value: Any) -> None: ...

class Rebuild(Subconstruct[_ParsedT, Any]):
    def __init__(self, subcon: Construct[_ParsedT, Any], func: Any) -> None: ...

class Prefixed(Subconstruct[_ParsedT, _BuildT]):
    lengthfield: Construct[int, int]
    def __init__(
        self, lengthfield: Construct[int, int], subcon: Construct[_ParsedT, _BuildT], includelength: bool | None = ...
    ) -> None: ...

class FixedSized(Subconstruct[_ParsedT, _BuildT]):
    length: Any
    def __init__(self, length: Any, subcon: Construct[_ParsedT, _BuildT]) -> None: ...

class Pointer(Subconstruct[_ParsedT, _BuildT]):
    def __init__(self, offset: Any, subcon: Construct[_ParsedT, _BuildT], stream: Any = ...) -> None: ...

class Peek(Subconstruct[_ParsedT, Any]):
    def __init__(self, subcon: Construct[_ParsedT, Any]) -> None: ...

class Select(Construct[Any, Any]):
    subcons: list[Construct[Any, Any]]
    def __init__(self, *subcons: Construct[Any, Any], **subconskw: Construct[Any, Any]) -> None: ...

class IfThenElse(Construct[Any, Any]):
    thensubcon: Construct[Any, Any]
    elsesubcon: Construct[Any, Any]
    def __init__(self, condfunc: Any, thensubcon: Construct[Any, Any], elsesubcon: Construct[Any, Any]) -> None: ...

class Switch(Construct[Any, Any]):
    cases: Mapping[Any, Construct[Any, Any]]
    default: Construct[Any, Any]
    def __init__(
        self, keyfunc: Any, cases: Mapping[Any, Construct[Any, Any]], default: Construct[Any, Any] | None = ...
    ) -> None: ...

class FocusedSeq(Construct[Any, Any]):
    parsebuildfrom: Any
    subcons: list[Construct[Any, Any]]
    def __init__(
        self, parsebuildfrom: Any, *subcons: Construct[Any, Any], **subconskw: Construct[Any, Any]
    ) -> None: ...

class LazyBound(Construct[Any, Any]):
    subconfunc: Callable[[], Construct[Any, Any]]
    def __init__(self, subconfunc: Callable[[], Construct[Any, Any]]) -> None: ...

class NullTerminated(Subconstruct[_ParsedT, _BuildT]):
    def __init__(
        self,
        subcon: Construct[_ParsedT, _BuildT],
        term: bytes = ...,
        include: bool | None = ...,
        consume: bool | None = ...,
        require: bool | None = ...,
    ) -> None: ...

class Computed(Construct[Any, Any]):
    func: Any
    def __init__(self, func: Any) -> None: ...

class Check(Construct[None, None]):
    def __init__(self, func: Any) -> None: ...

class Adapter(Subconstruct[_ParsedT, _BuildT]): ...

class Enum(Adapter[Any, Any]):
    def __init__(self, subcon: Construct[Any, Any], *merge: Any, **mapping: Any) -> None: ...

class ExprAdapter(Adapter[Any, Any]):
    def __init__(
        self, subcon: Construct[Any, Any], decoder: Callable[..., Any], encoder: Callable[..., Any]
    ) -> None: ...

Error: Construct[Any, Any]
Int8ub: FormatField[int, int]
Int16ub: FormatField[int, int]
Int32ub: FormatField[int, int]
Int64ub: FormatField[int, int]
Int8sb: FormatField[int, int]
Int16sb: FormatField[int, int]
Int32sb: FormatField[int, int]
Int64sb: FormatField[int, int]
Int16ul: FormatField[int, int]
Int32ul: FormatField[int, int]
Int64ul: FormatField[int, int]
Int16sl: FormatField[int, int]
Int32sl: FormatField[int, int]
Int64sl: FormatField[int, int]
Int24ub: BytesInteger
Int24sb: BytesInteger
Int24ul: BytesInteger
Int24sl: BytesInteger
Byte: FormatField[int, int]
Float32b: FormatField[float, float]
Float64b: FormatField[float, float]
Float32l: FormatField[float, float]
Float64l: FormatField[float, float]
Flag: Construct[bool, bool]
VarInt: Construct[int, int]
ZigZag: Construct[int, int]
GreedyBytes: Construct[bytes, bytes]
Pass: Construct[None, Any]
Tell: Construct[int, Any]
Index: Construct[int, Any]
Terminated: Construct[None, Any]

def PascalString(lengthfield: Construct[int, int], encoding: str) -> StringEncoded: ...
def CString(encoding: str) -> StringEncoded: ...
def PaddedString(length: Any, encoding: str) -> StringEncoded: ...
def GreedyString(encoding: str) -> StringEncoded: ...
def PrefixedArray(countfield: Construct[int, int], subcon: Construct[Any, Any]) -> Construct[ListContainer, Any]: ...
def BitStruct(*subcons: Construct[Any, Any], **subconskw: Construct[Any, Any]) -> Construct[Container, Any]: ...
def If(condfunc: Any, subcon: Construct[Any, Any]) -> IfThenElse: ...
def Optional(subcon: Construct[Any, Any]) -> Select: ...
