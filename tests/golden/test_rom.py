"""ROM images: every width, format, lane order and endianness, and every way a file can be damaged."""

import json
import random
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bitstring import Bits

from oracle import plain as oracle
from t2c.golden.errors import PackageError, RangeError, ShapeError
from t2c.golden.rom.image import RomManifest, load_rom, read_image, read_manifest, save_rom, write_image, write_manifest
from t2c.golden.rom.text import RomFormat
from t2c.golden.rom.words import RomLayout, pack_bytes, pack_words, unpack_bytes, unpack_words

FORMATS = [fmt.value for fmt in RomFormat]


def extremes(bits: int, signed: bool, count: int) -> list[int]:
    """Both ends of the range, their neighbours, zero and random values between."""
    lo, hi = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
    rng = random.Random(bits)
    return ([lo, hi, 0, min(hi, 1), lo + 1, hi - 1] + [rng.randint(lo, hi) for _ in range(count)])[:count]


WIDTHS = [*range(2, 68), 95, 96, 98, 127, 128, 129, 333, 1024]


@pytest.mark.sample(3)
@pytest.mark.parametrize("bits", WIDTHS)
@pytest.mark.parametrize("signed", [True, False])
def test_words_match_the_definition_at_every_width(bits: int, signed: bool) -> None:
    for lanes in (1, 3, 16):
        for order in ("lsb_first", "msb_first"):
            layout = RomLayout(bits=bits, signed=signed, lanes=lanes, lane_order=order)
            values = extremes(bits, signed, 19)
            expected = oracle.rom_words(values, bits=bits, lanes=lanes, msb_first=order == "msb_first")
            words = pack_words(values, layout)
            assert [format(word, f"0{layout.word_bits}b") for word in words] == expected
            assert unpack_words(words, layout, 19).tolist() == values


def zeros(count: int) -> Bits:
    return Bits(bin="0" * count)


@pytest.mark.sample(3)
@pytest.mark.parametrize("bits", WIDTHS)
def test_hex_images_are_what_bitstring_packs(bits: int, tmp_path: Path) -> None:
    """An independent packer: each word is a concatenation of bit strings, padded on the left to whole digits."""
    lanes = 3
    for signed, order in product((True, False), ("lsb_first", "msb_first")):
        values = extremes(bits, signed, 12)
        write_image(tmp_path / "rom", values, RomLayout(bits=bits, signed=signed, lanes=lanes, lane_order=order), "hex")
        elements = [Bits(int=v, length=bits) if signed else Bits(uint=v, length=bits) for v in values]
        words = [elements[k : k + lanes] for k in range(0, len(elements), lanes)]
        packed = [Bits().join(word if order == "msb_first" else word[::-1]) for word in words]
        wanted = [(zeros(-len(word) % 4) + word).hex for word in packed]
        assert (tmp_path / "rom").read_text().split() == wanted


@pytest.mark.parametrize("endianness", ["little", "big"])
@pytest.mark.parametrize("bits", [2, 3, 5, 7, 8, 11, 33, 63, 65, 98, 104])
def test_binary_images_are_what_bitstring_packs(bits: int, endianness: str, tmp_path: Path) -> None:
    values = extremes(bits, True, 9)
    write_image(tmp_path / "rom", values, RomLayout(bits=bits, signed=True, endianness=endianness), "bin")
    packed = [(zeros(-bits % 8) + Bits(int=v, length=bits)).bytes for v in values]
    assert (tmp_path / "rom").read_bytes() == b"".join(p[::-1] if endianness == "little" else p for p in packed)


@pytest.mark.sample(3)
@pytest.mark.parametrize("bits", WIDTHS)
@pytest.mark.parametrize("fmt", FORMATS)
def test_images_round_trip_at_every_width(bits: int, fmt: str, tmp_path: Path) -> None:
    for lanes, order, endianness in ((1, "lsb_first", "little"), (3, "msb_first", "big"), (5, "lsb_first", "big")):
        for signed in (True, False):
            layout = RomLayout(bits=bits, signed=signed, lanes=lanes, lane_order=order, endianness=endianness)
            values = extremes(bits, signed, 11)
            write_image(tmp_path / "rom", values, layout, fmt)
            assert read_image(tmp_path / "rom", layout, fmt, 11).tolist() == values
    assert [path.name for path in tmp_path.iterdir()] == ["rom"]


@pytest.mark.parametrize(
    ("fmt", "endianness", "expected"),
    [
        ("hex", "little", b"0f1\n005\n"),
        ("memb", "little", b"000011110001\n000000000101\n"),
        ("bin", "little", b"\xf1\x00\x05\x00"),
        ("bin", "big", b"\x00\xf1\x00\x05"),
        ("dec", "little", b"1\n-1\n0\n5\n"),
        ("coe", "little", b"memory_initialization_radix=16;\nmemory_initialization_vector=\n0f1,\n005;\n"),
        (
            "mif",
            "little",
            b"WIDTH=12;\nDEPTH=2;\nADDRESS_RADIX=HEX;\nDATA_RADIX=HEX;\nCONTENT BEGIN\n0 : 0f1;\n1 : 005;\nEND;\n",
        ),
    ],
)
def test_file_content_is_as_the_tools_read_it(fmt: str, endianness: str, expected: bytes, tmp_path: Path) -> None:
    layout = RomLayout(bits=4, signed=True, lanes=3, endianness=endianness)
    write_image(tmp_path / "rom", [1, -1, 0, 5], layout, fmt)
    assert (tmp_path / "rom").read_bytes() == expected


def test_narrow_words_are_padded_on_the_left_to_whole_digits() -> None:
    layout = RomLayout(bits=5, signed=True, lanes=1)
    assert pack_words([-1], layout) == [31]
    assert pack_bytes([-1], layout).tolist() == [[31]]


@pytest.mark.parametrize("bits", [2, 7, 8, 33, 64, 65, 98])
def test_values_outside_the_width_are_refused(bits: int, tmp_path: Path) -> None:
    lo, hi = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    layout = RomLayout(bits=bits, signed=True)
    assert pack_words([lo, hi], layout) == [1 << (bits - 1), hi]
    if bits != 64:
        for value in (lo - 1, hi + 1):
            with pytest.raises(RangeError, match=rf"values\[1\] = {value} is outside {lo}\.\.{hi}"):
                write_image(tmp_path / "rom", [0, value], layout, "hex")
    with pytest.raises(RangeError, match=r"values\[0\] = -1 is outside 0\.\."):
        pack_words([-1], RomLayout(bits=bits, signed=False))
    assert not list(tmp_path.iterdir())


def test_unsigned_64_bit_elements_beyond_int64() -> None:
    layout = RomLayout(bits=64, signed=False)
    words = pack_words(np.array([(1 << 64) - 1], np.uint64), layout)
    assert words == [(1 << 64) - 1]
    assert unpack_words(words, layout, 1).tolist() == [(1 << 64) - 1]


def test_wide_elements_are_integers_and_no_elements_are_none() -> None:
    layout = RomLayout(bits=98, signed=False, lanes=3)
    assert unpack_words(pack_words([], layout), layout, 0).tolist() == []
    assert [type(value) for value in unpack_words(pack_words([5, 1 << 97], layout), layout, 2)] == [int, int]
    for value in (1.5, True, "7"):
        with pytest.raises(RangeError, match=r"values\[1\] = .* is not an integer"):
            pack_words(np.array([1 << 70, value], dtype=object), layout)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"bits": 1}, r"bits = 1 is outside 2\.\.1024"),
        ({"bits": 1025}, r"bits = 1025 is outside 2\.\.1024"),
        ({"lanes": 0}, r"lanes = 0 is outside 1\.\.4096"),
        ({"signed": 1}, "signed = 1 is not true or false"),
        ({"lane_order": "first"}, "lane_order = 'first' is not one of lsb_first, msb_first"),
        ({"endianness": "middle"}, "endianness = 'middle' is not one of little, big"),
    ],
)
def test_refuses_layouts(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(RangeError, match=message):
        RomLayout(**({"bits": 8, "signed": True} | fields))


@pytest.mark.parametrize(
    ("fmt", "old", "new", "message"),
    [
        ("hex", b"0201", b"02x1", r"rom:1: '02x1' is not a word of at most 4 digits"),
        ("hex", b"0403", b"zzzz", r"rom:2: 'zzzz' is not a word"),
        ("hex", b"0403", b"00403", r"rom:2: '00403' is not a word of at most 4 digits"),
        ("hex", b"0403", b"04 3", r"rom:2: '04 3' is not a word"),
        ("hex", b"0403", b"0_43", r"rom:2: '0_43' is not a word"),
        ("hex", b"0403\n", b"", r"rom:2: 2 words, 5 elements need 3"),
        ("hex", b"0005\n", b"0005\n0000\n", r"rom:4: 4 words, 5 elements need 3"),
        ("hex", b"0005", b"0105", r"rom: a lane after element 4 is not zero"),
        ("memb", b"0000001000000001", b"000000100000000x", r"rom:1: '000000100000000x' is not a word of at most 16"),
        ("memb", b"0000001000000001", b"0000001000000002", r"rom:1: .* is not a word"),
        ("dec", b"3\n", b"x\n", r"rom:3: 'x' is not an integer in -128\.\.127"),
        ("dec", b"3\n", b"128\n", r"rom:3: '128' is not an integer in -128\.\.127"),
        ("dec", b"5\n", b"", r"rom:4: 4 elements, not 5"),
        ("bin", b"\x05\x00", b"\x05", r"rom: 5 bytes, 5 elements need 6"),
        ("coe", b"0403", b"04g3", r"rom:4: '04g3' is not a word"),
        ("coe", b"radix=16", b"radix=2", r"rom:1: not a \.coe file of radix 16"),
        ("coe", b";\n", b"\n", r"rom:1: not a \.coe file"),
        ("coe", b"0403,\n", b"", r"rom:4: 2 words, 5 elements need 3"),
        ("mif", b"0403", b"040x", r"rom:7: '040x' is not a word"),
        ("mif", b"1 : 0403;\n", b"", r"rom:7: '2 : 0005;' is not '1 : word;'"),
        ("mif", b"END;", b"", r"rom:1: not a \.mif file"),
    ],
)
def test_damaged_files_are_refused_by_line(fmt: str, old: bytes, new: bytes, message: str, tmp_path: Path) -> None:
    layout, path = RomLayout(bits=8, signed=True, lanes=2), tmp_path / "rom"
    write_image(path, [1, 2, 3, 4, 5], layout, fmt)
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new))
    with pytest.raises(PackageError, match=message):
        read_image(path, layout, fmt, 5)


def test_bits_above_the_word_are_refused(tmp_path: Path) -> None:
    (tmp_path / "rom").write_text("1f\n3f\n")
    with pytest.raises(PackageError, match="rom: word 1 has more than 5 bits"):
        read_image(tmp_path / "rom", RomLayout(bits=5, signed=True), "hex", 2)
    with pytest.raises(PackageError, match=r"word 0 = 32 is outside 0\.\.2\^5 - 1"):
        unpack_words([32], RomLayout(bits=5, signed=True), 1)


def test_comments_blank_lines_and_short_words_are_read(tmp_path: Path) -> None:
    (tmp_path / "rom").write_text("// weights\n\n1\n FF // minus one\n")
    assert read_image(tmp_path / "rom", RomLayout(bits=8, signed=True), "hex", 2).tolist() == [1, -1]


@pytest.mark.parametrize("fmt", FORMATS)
def test_an_empty_image_round_trips(fmt: str, tmp_path: Path) -> None:
    layout = RomLayout(bits=8, signed=True, lanes=4)
    write_image(tmp_path / "rom", np.zeros(0, int), layout, fmt)
    assert read_image(tmp_path / "rom", layout, fmt, 0).tolist() == []


@pytest.mark.parametrize("fmt", FORMATS)
def test_manifest_restores_shape_and_axes(fmt: str, tmp_path: Path) -> None:
    values = np.random.default_rng(2).integers(-8, 8, (3, 2, 1, 5))
    layout = RomLayout(bits=4, signed=True, lanes=7, lane_order="msb_first", endianness="big")
    written = save_rom(tmp_path / "weights.rom", values, layout, fmt, axes="OIHW")
    assert read_manifest(tmp_path / "weights.rom.json") == written
    assert written.axes == "OIHW"
    restored = load_rom(tmp_path / "weights.rom.json")
    assert restored.shape == values.shape
    assert (restored == values).all()
    record = json.loads((tmp_path / "weights.rom.json").read_text())
    for key in ("bits", "signed", "lanes", "lane_order", "endianness", "count", "shape", "axes", "image_format"):
        assert key in record


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"bits": 9999}, r"m\.json: bits = 9999 is outside 2\.\.1024"),
        ({"count": 5}, r"m\.json: count = 5 does not agree with the other fields, which give 6"),
        ({"words": 1}, r"m\.json: words = 1 does not agree"),
        ({"axes": "OO"}, r"m\.json: axes = 'OO' does not name each axis"),
        ({"shape": [2, -3]}, r"m\.json: shape = \(2, -3\) has an extent"),
        ({"version": 9}, r"m\.json: format 'torch2chip-rom' version 9 is not supported"),
        ({"image_format": "txt"}, r"m\.json: format = 'txt' is not one of hex"),
        ({"image": "../rom"}, r"m\.json: image = '\.\./rom' is not a plain file name"),
    ],
)
def test_damaged_manifests_are_refused(change: dict[str, Any], message: str, tmp_path: Path) -> None:
    layout = RomLayout(bits=8, signed=True, lanes=2)
    path = tmp_path / "m.json"
    write_manifest(path, RomManifest(image="rom", fmt=RomFormat.HEX, layout=layout, shape=(2, 3), axes="OI"))
    record = json.loads(path.read_text()) | change
    path.write_text(json.dumps(record))
    with pytest.raises(PackageError, match=message):
        read_manifest(path)
    del record["lanes"]
    path.write_text(json.dumps(record | {"version": 1}))
    with pytest.raises(PackageError, match=r"m\.json: field 'lanes' is missing"):
        read_manifest(path)
    for text in ("{", "[]"):
        path.write_text(text)
        with pytest.raises(PackageError, match=r"m\.json: "):
            read_manifest(path)


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    layout, path = RomLayout(bits=8, signed=True), tmp_path / "rom"
    write_image(path, [1], layout, "hex")

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(OSError, match="disk full"):
        write_image(path, [2], layout, "hex")
    assert path.read_text() == "01\n"
    assert [p.name for p in tmp_path.iterdir()] == ["rom"]


def test_refuses_formats_dtypes_and_ranks(tmp_path: Path) -> None:
    layout = RomLayout(bits=8, signed=True)
    with pytest.raises(RangeError, match="format = 'txt' is not one of hex, memb, bin, dec, coe, mif"):
        write_image(tmp_path / "rom", [1], layout, "txt")
    with pytest.raises(RangeError, match="values: dtype float64"):
        write_image(tmp_path / "rom", [1.0], layout, "hex")
    with pytest.raises(ShapeError, match=r"values: shape \(1, 1\) is not a vector"):
        pack_bytes([[1]], layout)
    with pytest.raises(PackageError, match="1 words, 2 elements need 2"):
        unpack_bytes(pack_bytes([1], layout), layout, 2)
