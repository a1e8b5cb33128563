"""Fields: the names that stand in annotations."""

from __future__ import annotations

from typing import Annotated, Any

from ._words import Bits, Boolean, Carried, Float, Number, Prefixed, Terminated, UntilEnd, Varint

U8 = Annotated[int, Number("U8", 1, False, False)]
U16 = Annotated[int, Number("U16", 2, False, False)]
U24 = Annotated[int, Number("U24", 3, False, False)]
U32 = Annotated[int, Number("U32", 4, False, False)]
U64 = Annotated[int, Number("U64", 8, False, False)]
I8 = Annotated[int, Number("I8", 1, True, False)]
I16 = Annotated[int, Number("I16", 2, True, False)]
I24 = Annotated[int, Number("I24", 3, True, False)]
I32 = Annotated[int, Number("I32", 4, True, False)]
I64 = Annotated[int, Number("I64", 8, True, False)]
U16le = Annotated[int, Number("U16le", 2, False, True)]
U24le = Annotated[int, Number("U24le", 3, False, True)]
U32le = Annotated[int, Number("U32le", 4, False, True)]
U64le = Annotated[int, Number("U64le", 8, False, True)]
I16le = Annotated[int, Number("I16le", 2, True, True)]
I24le = Annotated[int, Number("I24le", 3, True, True)]
I32le = Annotated[int, Number("I32le", 4, True, True)]
I64le = Annotated[int, Number("I64le", 8, True, True)]
F32 = Annotated[float, Float("F32", 4, False)]
F64 = Annotated[float, Float("F64", 8, False)]
F32le = Annotated[float, Float("F32le", 4, True)]
F64le = Annotated[float, Float("F64le", 8, True)]
Bool = Annotated[bool, Boolean()]
Bit = Annotated[bool, Bits(1)]
VarInt = Annotated[int, Varint()]
Decimal = Annotated[int, Terminated(b" ")]
Text8 = Annotated[str, Prefixed(U8)]
Text16 = Annotated[str, Prefixed(U16)]
CText = Annotated[str, Terminated()]
Bytes8 = Annotated[bytes, Prefixed(U8)]
Bytes16 = Annotated[bytes, Prefixed(U16)]
Rest = Annotated[bytes, UntilEnd()]
Body = Annotated[Any, Carried()]
