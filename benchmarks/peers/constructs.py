"""construct: interpreted, and with its own compiler. Slower, and laxer where compiled, than it looks: see the docs."""

from peers.samples import SCHEMAS

CONTENDERS = {
    "construct": {letter: (schema.parse, schema.build) for letter, schema in SCHEMAS.items()},
    "construct .compile()": {
        letter: (compiled.parse, compiled.build)
        for letter, compiled in ((letter, schema.compile()) for letter, schema in SCHEMAS.items())
    },
}
