from construct.lib.containers import Container as Container
from construct.lib.containers import ListContainer as ListContainer
