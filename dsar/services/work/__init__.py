"""The work of a ticket: found, decided, done, looked at again; each kind of task its module."""
