"""Bodies under way: what all of them may hold together, and who gives way when it is too much."""

from typing import Self


class Crowded(Exception):
    """There is no room for more of a body now; the same may be sent again later."""


class Room:
    """Bytes that the bodies of all requests may hold together.

    When there is no room the largest body that is still coming gives way, whoever sends it: its
    bytes are let go at once, and its request is told when it goes on. So who sends much, signed by
    nobody, does not keep out those who send little.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.held = 0
        self._coming: set[Body] = set()

    def body(self) -> "Body":
        """A body that begins; a context manager that lets go of it in the end."""
        return Body(self)

    def take(self, body: "Body", size: int) -> None:
        """Gives a body so many bytes of room; Crowded where it is itself the largest."""
        while self.held + size > self.limit:
            largest = max(self._coming, key=lambda each: each.size + (each is body) * size)
            largest.give_way()
            if largest is body:
                raise Crowded
        self.held += size

    def enter(self, body: "Body") -> None:
        """A body begins to come."""
        self._coming.add(body)

    def whole(self, body: "Body") -> None:
        """A body is there: it is being worked on, and gives way no more."""
        self._coming.discard(body)

    def leave(self, body: "Body") -> None:
        """A body is let go of."""
        self._coming.discard(body)
        self.held -= body.size


class Body:
    """One body under way, in pieces until it is whole."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._pieces: list[bytes] = []
        self._gone = False
        self.size = 0

    def add(self, piece: bytes) -> None:
        """Keeps a piece; raises Crowded where this body had to give way."""
        if self._gone:
            raise Crowded
        if piece:
            self._room.take(self, len(piece))
            self._pieces.append(piece)
            self.size += len(piece)

    def content(self) -> bytes:
        """The whole body, which stays counted until it is let go of; Crowded where it gave way."""
        if self._gone:
            raise Crowded
        self._room.whole(self)
        content, self._pieces = b"".join(self._pieces), []
        return content

    def give_way(self) -> None:
        """Lets go of what came, for others."""
        self._room.leave(self)
        self._gone, self._pieces, self.size = True, [], 0

    def __enter__(self) -> Self:
        self._room.enter(self)
        return self

    def __exit__(self, *_: object) -> None:
        if not self._gone:
            self.give_way()
