"""What the codecs are compared with: each library's program for the same five messages, as its users would write it.

A module has CONTENDERS: row -> schema's letter -> (parse, build), either of which may be None.
"""
