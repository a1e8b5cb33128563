"""The intermediate representation (IR): a schema with nothing left to decide, whoever declared it.

A front makes it, passes look at it, emitters turn it into source. Nodes are values and know nothing of construct
or of classes' bodies. What each node means on parse, on build and for a framer is told where it is defined; where
construct and declared messages differ, a field of the node says which is meant, and no emitter asks who declared it.

Words used below: a *window* is what can be read: the message, or a part of known end inside it. *Left* is what the
window still has. *Short* is the fault of a window that has less than a node needs. A *fault* on parse has a field
path and an offset; on build a path.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeAlias, final

from .._node import node
from ._expressions import Expr
from ._leaves import Leaf


@final
@node
class Text:
    """Text in *encoding*: bytes as *inner* reads them, decoded strictly.

    Build: a str; characters without encoding are a fault. *lenient*: as construct's StringEncoded, where the
    empty text skips the encoding (no BOM).
    """

    inner: Node
    encoding: str
    lenient: bool = False


@final
@node
class Const:
    """*inner* that has to be *value*. Parse: another value is a fault. Build: *value* is written.

    In a construct's tree what is built may hold None or *value* and nothing else.
    """

    inner: Node
    value: object


@final
@node
class Derived:
    """*inner*, whose value nobody gives: on build it is *value*.

    Parse: where *check*, another value than *value* works out to is a fault (at once where all of it is known by
    then; at the end of the record where *value* needs what follows). Without *check* it is construct's Rebuild.
    """

    inner: Node
    value: Expr
    check: bool


@final
@node
class Length:
    """*inner*, a number: the bytes that follow in this record, plus *plus*; it bounds the rest of the record.

    Parse: what follows is a window of ``number - plus`` bytes, which the record has to fill (bytes left over in
    it are a fault); less than 0, or more than is left, is a fault. Build: it is worked out. A framer needs no more
    of the record than this. Stands in a `Field` of a record, nowhere else.
    """

    inner: Node
    plus: int = 0


@final
@node
class Default:
    """*inner*; on build *value* is taken where the value is None or missing (construct's Default)."""

    inner: Node
    value: Expr


@final
@node(eq=False)
class Mapped:
    """*inner* seen through a table.

    Parse: ``decode[value]``; a value that it lacks is given to *unknown* (construct's EnumInteger, say) or, where
    that is None, a fault. Build: ``encode[value]``; what it lacks, where *numbers*, may be an int that is written as
    it is, else it is a fault. The value handed on in a build is the one that was given (construct's Adapter).
    """

    inner: Node
    decode: Mapping[Any, Any]
    encode: Mapping[Any, Any]
    unknown: Callable[[Any], Any] | None = None
    numbers: bool = False
    error: str = "MappingError"


@final
@node(eq=False)
class Enumerated:
    """*inner*, an integer, as a member of an `enum.IntEnum` or `enum.IntFlag`.

    Parse: ``cls(number)``, a number that it refuses is a fault. Build: a member of *cls* (an int that is one, too);
    anything else is a fault.
    """

    inner: Node
    cls: type


@final
@node
class Among:
    """*inner*, which has to be one of *values* (a Literal), on parse and on build."""

    inner: Node
    values: tuple[object, ...]


@final
@node(eq=False)
class Adapted:
    """*inner* behind two functions: parse gives ``decode(value)``, build writes ``encode(value)``.

    *context*: they take ``(value, context, path)`` as construct's adapters do. What they raise is a fault.
    """

    inner: Node
    decode: Callable[..., Any]
    encode: Callable[..., Any]
    context: bool = False


@final
@node
class Copy:
    """*inner* together with its bytes (construct's RawCopy): a container of data, value, offset1, offset2, length."""

    inner: Node
    optional: bool = False
    """On build None stands for a container whose value is None."""


@final
@node(eq=False)
class Checksum:
    """construct's Checksum: *inner* has to be ``function(data)``; build writes that."""

    inner: Node
    function: Callable[[Any], Any]
    data: Expr


@final
@node
class Sized:
    """*inner* in a window of *size* bytes.

    Parse: short where fewer are left; what *inner* leaves over is a fault where *strict*, else skipped. Build: more
    than *size* is a fault; less is a fault where *strict*, else filled up with NULs.
    """

    size: Expr
    inner: Node
    strict: bool = False


@final
@node
class Prefixed:
    """A length in front: *length* reads it; the window of *inner* has that many bytes less *plus*.

    Parse: a length less than *plus*, or more than is left, is a fault; what *inner* leaves over is one where *strict*,
    else skipped. Build: *length* is written as the size of *inner* plus *plus*.
    """

    length: Node
    inner: Node
    plus: int = 0
    strict: bool = False


@final
@node
class UpTo:
    """*inner* in a window that ends *tail* bytes before the one around it: what takes all, with more behind it.

    Parse: short where the window has less than *tail*; bytes left over in it are a fault.
    """

    inner: Node
    tail: int


@final
@node
class Delimited:
    """*inner* in a window that ends in front of *mark*, which is searched in steps of its length, from the start.

    *step* False: searched byte by byte. Parse: no mark is short, or, where not *require*, everything is the window.
    *include*: the mark belongs to the window. *consume*: reading goes on behind the mark, else at it. Build: *inner*,
    then the mark. *strict*: bytes left over in the window are a fault, and so is a mark inside of what is built.
    """

    inner: Node
    mark: bytes
    include: bool = False
    consume: bool = True
    require: bool = True
    step: bool = True
    strict: bool = False


@final
@node
class Stripped:
    """*inner* in a window without the *pad* at the end of what is left; everything is consumed (NullStripped)."""

    inner: Node
    pad: bytes


@final
@node(eq=False)
class Transformed:
    """*inner* in the bytes that *decode* makes of *size* bytes (None: of all that is left).

    Build: *encode* makes what is written of what *inner* wrote; a size other than *encoded* is a fault.
    """

    inner: Node
    decode: Callable[[bytes], bytes]
    size: int | None
    encode: Callable[[bytes], bytes]
    encoded: int | None


@final
@node
class Padded:
    """*inner*, then filler up to *size* bytes; parse skips the filler unseen, build writes *pattern*."""

    size: Expr
    inner: Node
    pattern: bytes = b"\0"


@final
@node
class Aligned:
    """*inner*, then filler up to a multiple of *modulus* bytes, counted from the start of *inner*."""

    modulus: Expr
    inner: Node
    pattern: bytes = b"\0"


@final
@node
class If:
    """One of two, by an expression (construct's IfThenElse)."""

    condition: Expr
    then: Node
    otherwise: Node


@final
@node
class Optional:
    """*inner* where *when* is true, else None and no bytes.

    Build: None where *when* is true, or a value where it is not, is a fault.
    """

    when: Expr
    inner: Node


@final
@node(eq=False)
class Switch:
    """The case of a key, or the default (construct's Switch). Keys are compared by ``==``, as a dict's."""

    key: Expr
    cases: tuple[tuple[object, Node], ...]
    default: Node


@final
@node(eq=False)
class Tagged:
    """One of several messages, told apart by a tag.

    *tag*: a node that stands in front, or an expression of fields read before. Parse: a tag that no case has makes
    ``unknown(tag, bytes left in the window)``, or is a fault where *unknown* is None. Build: the case is that of the
    value's class (exactly); a tag in front is written, one in an expression has to be what it says.
    """

    tag: Node | Expr
    cases: tuple[tuple[object, type, Node], ...]
    """Tag, class, node."""
    unknown: Callable[[Any, bytes], Any] | None = None
    """A class with attributes ``tag`` and ``payload``; its instances are built from them."""


@final
@node
class Exactly:
    """As many elements as the expression says; negative is a fault."""

    count: Expr


@final
@node
class CountedBy:
    """As many elements as the number in front says, less *plus*."""

    number: Node
    plus: int = 0


@final
@node
class Until:
    """Up to and with the first element for which *condition* is true (of `Element`, `Elements`, or opaque)."""

    condition: Expr


@final
@node
class UntilMark:
    """Until *mark* stands where an element would begin; the mark is consumed. Build writes it."""

    mark: bytes


@final
@node
class ToEnd:
    """As many as the window has.

    *swallow*: as construct's GreedyRange, an element that cannot be parsed ends the row in front of it; else it is a
    fault. An element that takes no bytes is a fault in either case.
    """

    swallow: bool = False


Extent: TypeAlias = Exactly | CountedBy | Until | UntilMark | ToEnd
"""How many."""


@final
@node
class Repeat:
    """Elements in a row.

    Parse: a count is compared with what is left (its elements' least size; 65 536 elements that may take no
    bytes) before anything is made. Build: takes any iterable with a length where *kind* is ``raw``, a tuple or
    list otherwise; another number than *extent* says is a fault.
    """

    element: Node
    extent: Extent
    kind: Literal["tuple", "list", "raw"] = "raw"
    """What parse makes; ``raw``: a list, and paths of faults in it name no index (as construct's)."""
    discard: bool = False
    """Elements are read and thrown away (construct's ``discard=True``)."""


@final
@node
class Field:
    """A part of a record.

    *name* None: no part of the value. *stored*: the message holds it (an argument of ``__init__``); what is not
    stored is derived or constant, and can be referred to all the same.
    """

    name: str | None
    node: Node
    stored: bool = True
    optional: bool = False
    """On build it may be missing (construct's ``flagbuildnone``): None stands for it then."""


@final
@node
class BitGroup:
    """Fields that stand together in *size* bytes, most significant bit first; their nodes are made of `Bits`.

    Inside: `Bits`, `BitPad`, and around them `Const`, `Mapped`, `Enumerated`, `Derived`, `Computed`,
    `Record`, `Default`.
    """

    fields: tuple[Field, ...]
    size: int


@final
@node(eq=False)
class Instance:
    """A record is an instance of *cls*. *plain*: made past ``__init__``, its fields stored straight into slots.

    Build: an instance of exactly *cls*. What ``__init__`` raises is a fault.
    """

    cls: type
    plain: bool
    late: tuple[str, ...] = ()
    """Fields that ``__init__`` does not take: they are set behind it."""


@final
@node
class Struct:
    """A record is a construct's Struct: its fields are items and attributes; builds from any mapping."""


@final
@node
class Row:
    """A record is a list of its fields' values (construct's Sequence)."""


@final
@node
class Focus:
    """A record is the value of one of its fields (construct's FocusedSeq)."""

    name: str


Target: TypeAlias = Instance | Struct | Row | Focus
"""What the values of a record's fields become."""


@final
@node(eq=False)
class Record:
    """Fields in wire order, and what is made of them. It is the scope of `Ref`."""

    name: str
    """The message's name; the construct's own, or its kind."""
    fields: tuple[Field | BitGroup, ...]
    target: Target
    origin: Any = None
    """The construct that it was, for contexts that are materialised."""


@final
@node(eq=False)
class Recursion:
    """Another node, found when it is needed: a schema that contains itself (construct's LazyBound)."""

    find: Callable[[], Node]
    key: object
    """The same for the same node."""


Node: TypeAlias = (
    Leaf
    | Text
    | Const
    | Derived
    | Length
    | Default
    | Mapped
    | Enumerated
    | Among
    | Adapted
    | Copy
    | Checksum
    | Sized
    | Prefixed
    | UpTo
    | Delimited
    | Stripped
    | Transformed
    | Padded
    | Aligned
    | If
    | Optional
    | Switch
    | Tagged
    | Repeat
    | Record
    | Recursion
)
"""Any part of a schema."""
