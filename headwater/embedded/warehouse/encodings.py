"""HTTP's and ClickHouse's compressions, both ways, streaming.

Clients compress each block of an insert as a frame of its own, so a body may hold many frames: a
reader here goes on to the next one, and says whether the last one was complete.
"""

import struct
import sys
import zlib
from collections.abc import Iterator
from typing import Any, Protocol

import brotli

from headwater.embedded.warehouse.errors import EngineError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

#: How much is decompressed at a time: bounds what a bomb can do to memory.
STEP = 1 << 20
#: The largest block of ClickHouse's own compression that is read.
LARGEST_BLOCK = 256 << 20

_HEADER = struct.Struct("<BII")
_CHECKSUM = struct.Struct("<QQ")
_LZ4, _ZSTD, _NONE = 0x82, 0x90, 0x02


class Decoder(Protocol):
    """Bytes as sent → the bytes meant."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What these bytes mean, in pieces of bounded size."""

    def finish(self) -> None:
        """Raises EngineError where the body ended in the middle of a frame."""


class Encoder(Protocol):
    """Bytes meant → bytes to send."""

    def feed(self, data: bytes) -> bytes:
        """The bytes to send now."""

    def finish(self) -> bytes:
        """The rest."""


class Plain:
    """No compression, both ways."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The same bytes."""
        yield data

    def finish(self) -> None:
        """Nothing can be missing."""


class _Frames:
    """Many frames of one compression, one after another."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._frame: Any = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        try:
            yield from self._feed(data)
        except EngineError:
            raise
        except Exception as error:  # each library has an error of its own
            raise _broken(self.name, error) from error

    def finish(self) -> None:
        if self._frame is not None:
            message = f"Unexpected end of {self.name} archive: the body is not complete"
            raise EngineError(32, "ATTEMPT_TO_READ_AFTER_EOF", message)

    def _feed(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._frame is None:
                self._frame = _frame(self.name)
            frame = self._frame
            piece = frame.decompress(data, STEP)
            if piece:
                yield piece
            if self.name in ("gzip", "deflate"):
                data = frame.unused_data if frame.eof else frame.unconsumed_tail
            else:
                data = frame.unused_data if frame.eof else b""
                while not frame.eof and not frame.needs_input:
                    piece = frame.decompress(b"", STEP)
                    if piece:
                        yield piece
                    data = frame.unused_data if frame.eof else b""
            if frame.eof:
                self._frame = None


class _Brotli:
    """Brotli streams, one after another.

    The library does not say where a stream ends, only that there is something after it: then the
    end is found by halving what was fed since the stream began.
    """

    name = "br"

    def __init__(self) -> None:
        self._stream: Any = None
        self._fed = bytearray()
        self._given = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        fresh = self._stream is None
        if fresh:
            self._stream, self._given = brotli.Decompressor(), 0
            self._fed.clear()
        before = len(self._fed)
        self._fed += data
        try:
            for piece in _inflate(self._stream, data):
                self._given += len(piece)
                yield piece
        except brotli.error as error:
            yield from self._split(before, error)
            return
        if self._stream.is_finished():
            self._stream = None

    def finish(self) -> None:
        if self._stream is not None:
            message = "Unexpected end of br archive: the body is not complete"
            raise EngineError(32, "ATTEMPT_TO_READ_AFTER_EOF", message)

    def _split(self, low: int, error: Exception) -> Iterator[bytes]:
        """Finds where the running stream ends, gives its rest, and goes on with what follows."""
        whole, high = bytes(self._fed), len(self._fed)  # unfinished at low, too much at high
        while high - low > 1:
            middle = (low + high) // 2
            ended = _ends(whole[:middle])
            if ended:
                low, high = middle, middle
            elif ended is None:
                high = middle
            else:
                low = middle
        if _ends(whole[:high]) is not True:
            raise _broken(self.name, error) from error
        seen = 0
        for piece in _inflate(brotli.Decompressor(), whole[:high]):
            fresh = piece[max(0, self._given - seen) :]
            seen += len(piece)
            if fresh:
                yield fresh
        self._stream = None
        if rest := whole[high:]:
            yield from self.feed(rest)


def _inflate(stream: Any, data: bytes) -> Iterator[bytes]:
    """What these bytes mean to a brotli stream, in pieces of bounded size."""
    piece = stream.process(data, output_buffer_limit=STEP)
    while piece:
        yield piece
        if stream.is_finished():
            return
        piece = stream.process(b"", output_buffer_limit=STEP)


def _ends(data: bytes) -> bool | None:
    """Whether a brotli stream ends exactly here; None where it is over before."""
    probe = brotli.Decompressor()
    try:
        for _ in _inflate(probe, data):
            pass
    except brotli.error:
        return None
    return bool(probe.is_finished())


def _frame(name: str) -> Any:
    if name == "gzip":
        return zlib.decompressobj(31)
    if name == "deflate":
        return zlib.decompressobj(15)
    if name == "lz4":
        from lz4.frame import LZ4FrameDecompressor

        return LZ4FrameDecompressor()
    return zstd.ZstdDecompressor()


def _broken(name: str, error: Exception) -> EngineError:
    codes = {"gzip": (354, "ZLIB_INFLATE_FAILED"), "deflate": (354, "ZLIB_INFLATE_FAILED")}
    codes |= {"lz4": (619, "LZ4_DECODER_FAILED"), "zstd": (561, "ZSTD_DECODER_FAILED")}
    code, label = codes.get(name, (562, "BROTLI_READ_FAILED"))
    return EngineError(code, label, f"The body is not {name} as its header says: {error}")


def decoder(name: str) -> Decoder:
    """The decoder of a Content-Encoding; raises EngineError (48) for one that is not known."""
    name = name.strip().lower()
    if name in ("", "identity"):
        return Plain()
    if name in ("gzip", "x-gzip", "deflate", "lz4", "zstd"):
        return _Frames(name.removeprefix("x-"))
    if name == "br":
        return _Brotli()
    message = f"Unknown encoding type: {name}; known are gzip, deflate, zstd, lz4, br"
    raise EngineError(48, "NOT_IMPLEMENTED", message)


class Blocks:
    """ClickHouse's own checksummed compression (`decompress=1`): LZ4, ZSTD and NONE blocks."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The blocks that these bytes complete."""
        self._held += data
        while (size := self._size()) and len(self._held) >= size:
            block = bytes(self._held[:size])
            del self._held[:size]
            yield _open_block(block)

    def finish(self) -> None:
        """Raises EngineError where a block is not complete."""
        if self._held:
            message = "Cannot read all data: the last compressed block is not complete"
            raise EngineError(33, "CANNOT_READ_ALL_DATA", message)

    def _size(self) -> int:
        """The whole size of the next block with its checksum; 0 while unknown."""
        if len(self._held) < 25:
            return 0
        _, compressed, meant = _HEADER.unpack_from(self._held, 16)
        if compressed < 9 or compressed > LARGEST_BLOCK or meant > LARGEST_BLOCK:
            message = f"Too large or too small compressed block: {compressed} and {meant} bytes"
            raise EngineError(12, "PARAMETER_OUT_OF_BOUND", message)
        return 16 + int(compressed)


def _open_block(block: bytes) -> bytes:
    body = block[16:]
    if block[:16] != _checksum(body):
        message = "Checksum doesn't match: corrupted data"
        raise EngineError(40, "CHECKSUM_DOESNT_MATCH", message)
    method, _, size = _HEADER.unpack_from(body)
    packed = body[9:]
    try:
        if method == _LZ4:
            import lz4.block

            return bytes(lz4.block.decompress(packed, uncompressed_size=size))
        if method == _ZSTD:
            return bytes(zstd.decompress(packed))
    except Exception as error:  # each library has an error of its own
        raise EngineError(271, "CANNOT_DECOMPRESS", f"Cannot decompress: {error}") from error
    if method == _NONE:
        return packed
    message = f"Unknown codec family code: {method}"
    raise EngineError(432, "UNKNOWN_CODEC", message)


class _PlainOut:
    def feed(self, data: bytes) -> bytes:
        return data

    def finish(self) -> bytes:
        return b""


class _BlocksOut:
    """ClickHouse's own checksummed compression (`compress=1`), LZ4."""

    def feed(self, data: bytes) -> bytes:
        out = bytearray()
        for start in range(0, len(data), STEP):
            out += close_block(data[start : start + STEP])
        return bytes(out)

    def finish(self) -> bytes:
        return b""


def close_block(data: bytes) -> bytes:
    """One checksummed LZ4 block."""
    import lz4.block

    packed: bytes = lz4.block.compress(data, store_size=False)
    body = _HEADER.pack(_LZ4, len(packed) + 9, len(data)) + packed
    return _checksum(body) + body


def _checksum(body: bytes) -> bytes:
    from clickhouse_cityhash.cityhash import CityHash128

    value: int = CityHash128(body)
    return _CHECKSUM.pack(value >> 64, value & 0xFFFFFFFFFFFFFFFF)


class _Zlib:
    def __init__(self, bits: int, level: int) -> None:
        self._stream = zlib.compressobj(level, zlib.DEFLATED, bits)

    def feed(self, data: bytes) -> bytes:
        return bytes(self._stream.compress(data))

    def finish(self) -> bytes:
        return bytes(self._stream.flush())


class _Zstd:
    def __init__(self, level: int) -> None:
        self._stream = zstd.ZstdCompressor(level=level)

    def feed(self, data: bytes) -> bytes:
        return bytes(self._stream.compress(data))

    def finish(self) -> bytes:
        return bytes(self._stream.flush())


class _Lz4:
    def __init__(self) -> None:
        from lz4.frame import LZ4FrameCompressor

        self._stream = LZ4FrameCompressor()
        self._begun = False

    def feed(self, data: bytes) -> bytes:
        head = b"" if self._begun else self._stream.begin()
        self._begun = True
        return head + bytes(self._stream.compress(data))

    def finish(self) -> bytes:
        head = b"" if self._begun else self._stream.begin()
        return head + bytes(self._stream.flush())


class _BrotliOut:
    def __init__(self) -> None:
        self._stream = brotli.Compressor(quality=3)

    def feed(self, data: bytes) -> bytes:
        return bytes(self._stream.process(data))

    def finish(self) -> bytes:
        return bytes(self._stream.finish())


#: Content codings in the order in which ClickHouse prefers them.
PREFERRED = ("zstd", "br", "lz4", "gzip", "deflate")


def chosen(accept: str) -> str:
    """The coding to answer in, of those that a client accepts; empty for none."""
    accepted = {part.partition(";")[0].strip().lower() for part in accept.split(",")}
    return next((name for name in PREFERRED if name in accepted), "")


def encoder(name: str, level: int = 3) -> Encoder:
    """The encoder of a content coding, or of ClickHouse's blocks (`blocks`)."""
    if name == "blocks":
        return _BlocksOut()
    if name == "gzip":
        return _Zlib(31, level)
    if name == "deflate":
        return _Zlib(15, level)
    if name == "zstd":
        return _Zstd(level)
    if name == "lz4":
        return _Lz4()
    if name == "br":
        return _BrotliOut()
    return _PlainOut()
