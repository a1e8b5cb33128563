from construct.lib.containers import Container as Container, ListContainer as ListContainer
