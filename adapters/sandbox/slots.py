"""Numbers of slots that no other judge near has: each stands for a uid of its own."""

import socket

MOST = 1_000
"""Above the first uid there is room for so many, and then come those of others."""


class NoSlotLeft(OSError):
    """All numbers are taken in this network namespace."""


class SlotNumbers:
    """Held by sockets of an abstract name: the kernel frees them however this process ends.

    Such names belong to the network namespace, so that boxes can neither see nor take them, and so
    that judges in two containers have the same numbers and uids: what else of each other's they
    could reach by a uid, files and processes, their containers keep apart.
    """

    def __init__(self, family: str = "assay-slot") -> None:
        self._family = family
        self._held: list[socket.socket] = []

    def claim(self, count: int) -> list[int]:
        """That many numbers, the lowest that are free, until `free` or the end of the process.

        Raises:
            NoSlotLeft: there are not so many.
        """
        numbers = [
            number for number in range(MOST) if len(self._held) < count and self._take(number)
        ]
        if len(numbers) < count:
            self.free()
            raise NoSlotLeft("other judges on this machine hold all slots")
        return numbers

    def free(self) -> None:
        """Let the numbers go; harmless when called twice."""
        for one in self._held:
            one.close()
        self._held.clear()

    def _take(self, number: int) -> bool:
        one = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            one.bind(f"\0{self._family}-{number}")
        except OSError:
            one.close()
            return False
        self._held.append(one)
        return True
