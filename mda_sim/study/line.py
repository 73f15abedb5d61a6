"""The line between a process and the workers that it began: notes one way, and word that it is over.

Model: the process listens at a local socket. Each worker connects when it begins, sends its notes there, and
waits beside its work for the connection to close. That happens when the process is done with it, and also
when the process dies, however it dies: the worker then ends at once. A worker that dies closes only its own
connection; nothing is shared that it could leave locked.

Assumptions and limits: a worker inside a long compiled kernel ends when the kernel does.
Where next: ``crew`` opens a line for its processes.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener
from threading import Lock, Thread
from typing import Any

_CLOSED = (EOFError, OSError)

#: In a worker: its connection to the process that it works for. Set once, when the worker begins.
_to_employer: list[Connection] = []


class Line:
    """The end at which a process listens to its workers."""

    def __init__(self, listen: Callable[[Any], None]) -> None:
        """Listen; what workers post is passed on, one note after another, from threads of this process."""
        self._listen, self._turn = listen, Lock()
        self._connections: list[Connection] = []
        self._threads: list[Thread] = []
        self._is_closing = False
        self._key = secrets.token_bytes(32)
        self._door = Listener(("127.0.0.1", 0), "AF_INET", authkey=self._key)
        self.address = self._door.address
        self._porter = Thread(target=self._open_the_door, daemon=True)

    @property
    def credentials(self) -> tuple[Any, bytes]:
        """Address and key: the arguments of ``enlist``."""
        return self.address, self._key

    def __enter__(self) -> Line:
        """Begin to listen."""
        self._porter.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Workers have ended: hear what they sent last, and close."""
        self._is_closing = True
        with suppress(*_CLOSED):
            # Wakes the porter. It may have left already, so that nobody would answer a greeting.
            socket.create_connection(self._door.address).close()
        self._porter.join()
        self._door.close()
        for thread in self._threads:
            thread.join()
        for connection in self._connections:
            connection.close()

    def _open_the_door(self) -> None:
        while not self._is_closing:
            try:
                connection = self._door.accept()
            except (*_CLOSED, AuthenticationError):
                continue
            self._connections.append(connection)
            thread = Thread(target=self._hear, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _hear(self, connection: Connection) -> None:
        with suppress(*_CLOSED):
            while True:
                note = connection.recv()
                with self._turn:
                    self._listen(note)


def enlist(address: Any, key: bytes) -> None:
    """Make this process a worker: it connects, leaves interrupts to its employer, and ends with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    connection = Client(address, authkey=key)
    _to_employer.append(connection)
    Thread(target=_end_with, args=(connection,), daemon=True).start()


def post_to_line(note: Any) -> None:
    """From a worker, pass a note to the process that it works for."""
    with suppress(*_CLOSED):  # nobody is left to be told, and this process is about to end
        _to_employer[0].send(note)


def _end_with(connection: Connection) -> None:
    with suppress(*_CLOSED):
        connection.recv()
    os._exit(1)
