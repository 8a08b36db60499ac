"""Adapters not trusted to return: each runs in a child process that may hang, eat memory or die.

A fence against faults, not a jail: the child runs as the same user of the machine, without the
engine's environment, keys and connections.

    child.py     what runs in there: an adapter and a loop that does as it is told
    frames.py    how both speak: JSON values and blocks of bytes over one socket
    wire.py      the SDK's values as JSON values and back
    children.py  starts children, watches them, stops them; keeps idle ones for the next task
    adapter.py   the child as an Adapter, for the engine
"""
