"""seinpy: a second implementation of a Seinhuis member, for the tests.

Written from proto/PROTOCOL.md and the RFCs it names, without the C sources, so
that whatever the text leaves open shows as a difference.  The section of the
protocol that a module follows stands in its first line.  It is complete for
what a member does over the wire, and it keeps nothing on disk: durability,
outbox and inbox are the caller's.

Python 3.11 with Debian's zmq, msgpack and cryptography.
"""
