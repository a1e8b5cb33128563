"""construct-typing: the same constructs under dataclasses."""

import dataclasses

from construct import Bitwise, GreedyBytes, Int8ub, Int16ub, Prefixed, PrefixedArray, RawCopy, Switch, this
from construct_typed import DataclassMixin, DataclassStruct, csfield, csfield_noinit

from peers.samples import ENVELOPE, FLAGS, FUNCTION, ITEM, ITEMS, MODBUS, QUESTION, READING


def typed(name, schema, **instead):
    """Return a dataclass schema with the fields of *schema*, some of them replaced."""
    fields = []
    for part in schema.subcons:
        inner = instead.get(part.name, part.subcon)
        specifier = csfield_noinit if inner.flagbuildnone else csfield
        fields.append((part.name, object, specifier(inner)))
    return DataclassStruct(dataclasses.make_dataclass(name, fields, bases=(DataclassMixin,)))


def _envelope():
    return typed("Envelope", ENVELOPE, body=RawCopy(typed("Body", ENVELOPE.body.subcon.subcon)))


def _modbus():
    cases = {key: typed(f"Function{key}", case) for key, case in FUNCTION.data.subcon.cases.items()}
    pdu = typed("Pdu", FUNCTION, data=Switch(this.function, cases, default=GreedyBytes))
    return typed("Modbus", MODBUS, rest=Prefixed(Int16ub, typed("Rest", MODBUS.rest.subcon.subcon, pdu=pdu)))


SCHEMAS = {
    "A": typed("Reading", READING),
    "B": _envelope(),
    "C": typed("Items", ITEMS, items=PrefixedArray(Int8ub, typed("Item", ITEM))),
    "D": typed("Question", QUESTION, flags=Bitwise(typed("Flags", FLAGS.subcon))),
    "E": _modbus(),
}
CONTENDERS = {"construct-typing": {letter: (schema.parse, schema.build) for letter, schema in SCHEMAS.items()}}
