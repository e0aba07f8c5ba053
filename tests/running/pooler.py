"""A pooler in transaction mode, as strict as one can be: after each transaction a client gets the
other of two server connections, so that whatever it kept in its session is not there any more."""

import asyncio
import re
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

EXAMPLE = Path(__file__).resolve().parents[2] / "deploy" / "pgbouncer.ini"
SSL, GSS, CANCEL = 80877103, 80877104, 80877102
READY, IDLE = b"Z", b"I"


def connect_query() -> str:
    """Return what the example of the deployment lets pgbouncer say on each new server
    connection."""
    match = re.search(r"connect_query='([^']*)'", EXAMPLE.read_text())
    return match[1] if match else ""


class Message:
    """One message of PostgreSQL's protocol, version 3: a kind, a length, a body."""

    def __init__(self, kind: bytes, body: bytes) -> None:
        self.kind, self.body = kind, body
        self.raw = kind + struct.pack("!I", len(body) + 4) + body

    @classmethod
    async def read(cls, source: asyncio.StreamReader) -> "Message":
        kind, length = struct.unpack("!cI", await source.readexactly(5))
        return cls(kind, await source.readexactly(length - 4))


class Server:
    """A connection to the database; `greeting` is what it said at its start."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer, self.greeting = reader, writer, b""

    @classmethod
    async def connect(cls, url: str) -> "Server":
        parts = urlsplit(url)
        socket = f"{unquote(parts.netloc.rpartition('@')[2].rpartition(':')[0])}/.s.PGSQL.5432"
        server = cls(*await asyncio.open_unix_connection(socket))
        words = [b"user", b"postgres", b"database", parts.path[1:].encode(), b""]
        body = struct.pack("!I", 196608) + b"\0".join(words) + b"\0"
        server.writer.write(struct.pack("!I", len(body) + 4) + body)
        while True:
            message = await Message.read(server.reader)
            server.greeting += message.raw
            if message.kind == READY:
                break
        if query := connect_query():
            server.writer.write(Message(b"Q", query.encode() + b"\0").raw)
            while (await Message.read(server.reader)).kind != READY:
                pass
        return server


class Pooler:
    """`transactions` counts how often a client was lent a connection."""

    def __init__(self, url: str) -> None:
        self.url, self.transactions = url, 0
        self._free: asyncio.Queue[Server] = asyncio.Queue()  # the one that rested longest is next
        self._greeting = b""

    async def start(self, port: int) -> asyncio.Server:
        for _ in range(2):
            server = await Server.connect(self.url)
            self._greeting = server.greeting
            self._free.put_nowait(server)
        return await asyncio.start_server(self._serve, "127.0.0.1", port)

    async def stop(self, listening: asyncio.Server) -> None:
        listening.close()
        other_tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in other_tasks:
            task.cancel()
        await asyncio.gather(*other_tasks, return_exceptions=True)
        while not self._free.empty():
            self._free.get_nowait().writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:  # until the real start: encryption is refused
                (length,) = struct.unpack("!I", await reader.readexactly(4))
                body = await reader.readexactly(length - 4)
                (code,) = struct.unpack("!I", body[:4])
                if code == CANCEL:
                    return
                if code not in (SSL, GSS):
                    break
                writer.write(b"N")
            writer.write(self._greeting)
            while (first := await Message.read(reader)).kind != b"X":
                await self._transaction(first, reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _transaction(
        self, first: Message, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        server = await self._free.get()
        self.transactions += 1
        server.writer.write(first.raw)
        forward = asyncio.create_task(self._forward(reader, server))
        is_closed = rolled_back = False
        try:
            while True:
                read = asyncio.create_task(Message.read(server.reader))
                await asyncio.wait(
                    [read] if is_closed else [read, forward], return_when=asyncio.FIRST_COMPLETED
                )
                if forward.done() and not is_closed:  # the client left in the middle
                    is_closed = True
                    server.writer.write(Message(b"Q", b"ROLLBACK\0").raw)
                message = await read
                rolled_back |= message.body == b"ROLLBACK\0"
                writer.write(message.raw)
                idle = message.kind == READY and message.body == IDLE
                if idle and (rolled_back or not is_closed):
                    break
        finally:
            forward.cancel()
            await asyncio.gather(forward, return_exceptions=True)
            self._free.put_nowait(server)

    async def _forward(self, reader: asyncio.StreamReader, server: Server) -> None:
        """Forward what the client says within its transaction. It waits for the response to a
        Sync or a query, so nothing of the next transaction is read here."""
        while True:
            server.writer.write((await Message.read(reader)).raw)


@contextmanager
def pooled(url: str, port: int) -> Iterator[Pooler]:
    """Run the pooler of a database, on a port of the loopback address, in a thread of its own."""
    pooler, loop = Pooler(url), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    listening = asyncio.run_coroutine_threadsafe(pooler.start(port), loop).result(20)
    try:
        yield pooler
    finally:
        asyncio.run_coroutine_threadsafe(pooler.stop(listening), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
