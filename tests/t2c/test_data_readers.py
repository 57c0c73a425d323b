"""CIFAR-10 files and image folders: every pixel and label where it belongs, damage named by file and record."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from t2c.data import cifar10, cifar100, digits, folder
from t2c.data.cut import cut
from t2c.data.sets import Wishes, load_set
from t2c.data.split import Split, Splits
from t2c.golden.errors import RangeError


def records(count: int, seed: int) -> np.ndarray:
    """(count, 3073) uint8 with labels in 0..9."""
    rng = np.random.default_rng(seed)
    made = rng.integers(0, 256, (count, cifar10.RECORDS.size), dtype=np.uint8)
    made[:, 0] = rng.integers(0, 10, count)
    return made


@pytest.fixture
def cifar(tmp_path: Path) -> Path:
    """Eleven training files of 3 records, so that file 10 must not come before file 2, and a test file of 5."""
    for number in range(1, 12):
        records(3, number).tofile(tmp_path / f"data_batch_{number}.bin")
    records(5, 0).tofile(tmp_path / "test_batch.bin")
    return tmp_path


def same(split: Split, expected: np.ndarray) -> bool:
    """Are these the images and labels of the records, read in plain Python?"""
    if split.images.shape != (len(expected), 3, 32, 32) or split.images.dtype != torch.float32:
        return False
    for n, record in enumerate(expected):
        channel, row, column = n % 3, (7 * n) % 32, (5 * n) % 32
        pixel = int(record[1 + 1024 * channel + 32 * row + column])
        if float(split.images[n, channel, row, column]) != np.float32(pixel) / np.float32(255):
            return False
    planes = np.rint(split.images.numpy().reshape(len(expected), -1) * 255)
    return bool((planes == expected[:, 1:]).all()) and split.labels.tolist() == expected[:, 0].tolist()


def test_cifar_splits_hold_every_record_once(cifar: Path) -> None:
    data = cifar10.load(cifar, calibration=7, seed=3)
    everything = np.concatenate([records(3, number) for number in range(1, 12)])
    kept, held = cut(33, 7, 3, "")
    assert same(data.train, everything[kept])
    assert same(data.calibration, everything[held])
    assert same(data.test, records(5, 0))
    assert sorted([*kept, *held]) == list(range(33))
    assert data.train.labels.dtype == torch.int64


def test_the_seed_alone_chooses_the_calibration_split() -> None:
    first, again, other = (cut(100, 10, seed, "")[1].tolist() for seed in (1, 1, 2))
    assert first == again != other
    assert first != list(range(10))


@pytest.mark.parametrize("calibration", [0, 33, 40])
def test_a_cut_leaves_no_split_empty(cifar: Path, calibration: int) -> None:
    with pytest.raises(RangeError, match=f"{calibration} calibration images cannot be cut from 33"):
        cifar10.load(cifar, calibration=calibration)


def test_a_limit_takes_the_first_records(cifar: Path) -> None:
    data = cifar10.load(cifar, limit=4, calibration=1)
    first = np.concatenate([records(3, 1), records(3, 2)])[:4]
    kept, held = cut(4, 1, cifar10.SEED, "")
    assert same(data.train, first[kept])
    assert same(data.calibration, first[held])
    assert same(data.test, records(5, 0)[:4])
    (cifar / "data_batch_3.bin").write_bytes(b"")  # behind the limit: not looked at
    cifar10.load(cifar, limit=6)
    with pytest.raises(RangeError, match="limit = 0"):
        cifar10.load(cifar, limit=0)


@pytest.mark.parametrize(
    ("size", "wanted"), [(0, "record 0 is cut off, 0 of 3073"), (2 * 3073 + 100, "record 2 is cut off, 100 of 3073")]
)
def test_a_file_that_is_cut_off(cifar: Path, size: int, wanted: str) -> None:
    path = cifar / "data_batch_2.bin"
    path.write_bytes(path.read_bytes()[:size])
    for limit in (None, 4):
        with pytest.raises(RangeError, match=re.escape(f"{path}: {wanted}")):
            cifar10.load(cifar, limit=limit)


def test_a_label_that_is_none(cifar: Path) -> None:
    bad = records(5, 0)
    bad[3, 0] = 10
    bad.tofile(cifar / "test_batch.bin")
    with pytest.raises(RangeError, match=r"test_batch\.bin: record 3: label 10 is outside 0\.\.9"):
        cifar10.load(cifar)


def test_missing_files(cifar: Path, tmp_path: Path) -> None:
    (cifar / "test_batch.bin").unlink()
    with pytest.raises(FileNotFoundError, match=r"test_batch\.bin: no such file"):
        cifar10.load(cifar)
    with pytest.raises(FileNotFoundError, match=r"nowhere: no data_batch_<number>\.bin"):
        cifar10.load(tmp_path / "nowhere")


@pytest.fixture
def cifar_100(tmp_path: Path) -> Path:
    """Records of CIFAR-100: those above with other labels, and a coarse label before each."""
    for name, seed in (("train", 7), ("test", 8)):
        fine = records(30, seed)
        fine[:, 0] = np.random.default_rng(seed).integers(0, 100, 30)
        coarse = np.arange(30, dtype=np.uint8)[:, None] % 20
        np.concatenate([coarse, fine], 1).tofile(tmp_path / f"{name}.bin")
    return tmp_path


def test_cifar_100_has_the_second_label(cifar_100: Path) -> None:
    data = load_set(f"cifar100:{cifar_100}", Wishes(limit=20))
    everything = np.fromfile(cifar_100 / "train.bin", np.uint8).reshape(30, 3074)[:20, 1:]
    kept, held = cut(20, 2, cifar100.SEED, "")
    assert same(data.train, everything[kept])
    assert same(data.calibration, everything[held])
    assert same(data.test, np.fromfile(cifar_100 / "test.bin", np.uint8).reshape(30, 3074)[:20, 1:])
    assert int(data.train.labels.max()) > 19


@pytest.mark.parametrize(
    ("column", "value", "wanted"),
    [(0, 20, "coarse label 20 is outside 0..19"), (1, 100, "label 100 is outside 0..99")],
)
def test_labels_of_cifar_100_that_are_none(cifar_100: Path, column: int, value: int, wanted: str) -> None:
    path = cifar_100 / "test.bin"
    bad = np.fromfile(path, np.uint8).reshape(30, 3074)
    bad[4, column] = value
    bad.tofile(path)
    with pytest.raises(RangeError, match=re.escape(f"{path}: record 4: {wanted}")):
        cifar100.load(cifar_100)
    with pytest.raises(FileNotFoundError, match=r"train\.bin: no such file of CIFAR-100"):
        cifar100.load(cifar_100 / "nowhere")


def picture(height: int, width: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two classes; cats 5 and dogs 3 to train with, 2 and 1 to test; all 8 x 8, the size that is asked for."""
    for part, counts in (("train", {"cat": 5, "dog": 3}), ("val", {"cat": 2, "dog": 1})):
        for label, (name, count) in enumerate(counts.items()):
            (tmp_path / part / name).mkdir(parents=True)
            for n in range(count):
                seed = 100 * (part == "val") + 10 * label + n
                Image.fromarray(picture(8, 8, seed)).save(tmp_path / part / name / f"{n}.png")
    (tmp_path / "train" / "cat" / "notes.txt").write_text("not an image")
    (tmp_path / "train" / ".hidden").mkdir()
    return tmp_path


def load(photos: Path, **options: int) -> Splits:
    return folder.load(photos, **{"size": 8, "resize": 8, **options})


def found(split: Split, seeds: list[int]) -> bool:
    wanted = [picture(8, 8, seed).transpose(2, 0, 1) for seed in seeds]
    return bool((np.rint(split.images.numpy() * 255) == np.stack(wanted)).all())


def test_folder_splits_hold_every_image_once(photos: Path) -> None:
    data = load(photos, calibration=2)
    turns = [0, 10, 1, 11, 2, 12, 3, 4]  # cat, dog, cat, ...; then the cats that are left
    kept, held = cut(8, 2, folder.SEED, "")
    assert found(data.train, [turns[i] for i in kept])
    assert found(data.calibration, [turns[i] for i in held])
    assert data.train.labels.tolist() == [turns[i] // 10 for i in kept]
    assert found(data.test, [100, 110, 101])
    assert data.test.labels.tolist() == [0, 1, 0]
    assert (data.test.images.dtype, data.test.labels.dtype) == (torch.float32, torch.int64)
    assert 0 <= float(data.test.images.min()) < 0.1 < 0.9 < float(data.test.images.max()) <= 1


@pytest.mark.parametrize(
    ("options", "train", "test"),
    [({"per_class": 1}, [0, 1], [0, 1]), ({"limit": 3}, [0, 1, 0], [0, 1, 0]), ({"per_class": 4, "limit": 7}, None, 3)],
)
def test_limits(photos: Path, options: dict[str, int], train: list[int] | None, test: list[int] | int) -> None:
    names = ["cat", "dog"]
    listing = folder.list_images(photos / "train", names, **options)
    assert listing.labels == (train or [0, 1, 0, 1, 0, 1, 0])
    data = load(photos, calibration=1, **options)
    assert len(data.train) + len(data.calibration) == len(listing)
    assert data.test.labels.tolist() == (test if isinstance(test, list) else [0, 1, 0])


def test_the_transform_takes_the_middle_of_the_shorter_side() -> None:
    """A picture of constant columns, three times as wide as high: halved by an even filter, then cropped."""
    wide = np.zeros((8, 24, 3), np.uint8)
    wide[:, :, 0] = np.repeat(np.arange(12) * 20, 2)  # after halving, column x is 20 x, away from the filter's reach
    wide[:, :, 1] = 77
    got = folder.transform(Image.fromarray(wide), size=2, resize=4)
    assert got.shape == (3, 2, 2)
    assert np.rint(got[0] * 255).tolist() == [[100, 120], [100, 120]]  # columns 5 and 6 of 12
    assert np.rint(got[1] * 255).tolist() == [[77, 77], [77, 77]]
    tall = folder.transform(Image.fromarray(wide.transpose(1, 0, 2)), size=2, resize=4)
    assert np.rint(tall[0] * 255).tolist() == [[100, 100], [120, 120]]


def test_the_default_shorter_side_is_256_for_224(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: set[tuple[int, int]] = set()

    def read_image(path: Path, size: int, resize: int) -> np.ndarray:
        seen.add((size, resize))
        return np.zeros((3, size, size), np.float32)

    monkeypatch.setattr(folder, "read_image", read_image)
    folder.load(photos)
    folder.load(photos, size=56)
    assert seen == {(224, 256), (56, 64)}


def test_grey_and_transparent_images_become_colour(photos: Path) -> None:
    Image.fromarray(np.full((8, 8), 51, np.uint8)).save(photos / "val" / "dog" / "0.png")
    Image.fromarray(np.full((8, 8, 4), 102, np.uint8)).save(photos / "val" / "cat" / "0.png")
    images = load(photos).test.images
    assert torch.equal(images[1], torch.full((3, 8, 8), 0.2))
    assert torch.equal(images[0], torch.full((3, 8, 8), 0.4))


def test_jpeg_is_read(photos: Path) -> None:
    Image.fromarray(np.full((8, 8, 3), 204, np.uint8)).save(photos / "val" / "dog" / "0.JPEG", quality=100)
    (photos / "val" / "dog" / "0.png").unlink()
    assert torch.allclose(load(photos).test.images[1], torch.tensor(0.8), atol=0.01)


@pytest.mark.parametrize("content", [b"", b"no image", "cut", "flipped"])
def test_an_image_that_cannot_be_decoded(photos: Path, content: bytes | str) -> None:
    path = photos / "val" / "cat" / "1.png"
    whole = path.read_bytes()
    damaged = {"cut": whole[:100], "flipped": whole[:60] + bytes(40) + whole[100:]}
    path.write_bytes(damaged[content] if isinstance(content, str) else content)
    with pytest.raises(ValueError, match=re.escape(f"{path}: the image cannot be decoded: ")) as caught:
        load(photos)
    assert "\n" not in str(caught.value)


def test_folders_that_do_not_fit(photos: Path, tmp_path: Path) -> None:
    (photos / "val" / "dog" / "0.png").unlink()
    with pytest.raises(RangeError, match="val/dog: the class has no images"):
        load(photos)
    (photos / "val" / "dog").rmdir()
    with pytest.raises(RangeError, match="val/dog: no such folder; train and val must have the same"):
        load(photos)
    (photos / "val" / "cow").mkdir()
    with pytest.raises(RangeError, match="train/cow: no such folder"):
        load(photos)
    with pytest.raises(FileNotFoundError, match="nowhere/train: no such folder"):
        load(tmp_path / "nowhere")
    (tmp_path / "bare" / "train").mkdir(parents=True)
    with pytest.raises(RangeError, match="bare/train: it holds no class folders"):
        load(tmp_path / "bare")


def test_more_than_the_memory_holds_is_refused_before_anything_is_decoded(photos: Path) -> None:
    (photos / "train" / "cat" / "0.png").write_bytes(b"no image")
    need = 11 * 3 * 8 * 8 * 4
    with pytest.raises(RangeError, match="11 images of 8 x 8 take 0 MiB, more than 0 MiB; set a limit"):
        load(photos, memory=need - 1)
    with pytest.raises(ValueError, match="cannot be decoded"):
        load(photos, memory=need)


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({"size": 9}, r"size = 9 is outside 1\.\.8"),
        ({"size": 0}, "size = 0 is outside"),
        ({"per_class": 0}, "per_class = 0"),
        ({"limit": 0}, "limit = 0 is below 1"),
        ({"calibration": 8}, "train: 8 calibration images cannot be cut from 8"),
    ],
)
def test_options_that_make_no_sense(photos: Path, options: dict[str, int], wanted: str) -> None:
    with pytest.raises(RangeError, match=wanted):
        load(photos, **options)


def test_sets_by_name(cifar: Path, photos: Path) -> None:
    plain = load_set("digits")
    assert torch.equal(plain.train.images, digits.load().train.images)
    few = load_set("digits", Wishes(limit=30))
    assert [len(few.train), len(few.calibration), len(few.test)] == [27, 3, 30]
    drawn = load_set("glyphs", Wishes(limit=20, seed=5))
    assert [len(drawn.train), len(drawn.calibration), len(drawn.test)] == [18, 2, 20]
    assert torch.equal(load_set(f"cifar10:{cifar}").test.images, cifar10.load(cifar).test.images)
    small = load_set(f"folder:{photos}", Wishes(size=8, limit=4))
    assert small.train.images.shape == (3, 3, 8, 8)
    assert len(small.calibration) == 1


@pytest.mark.parametrize(
    ("name", "wishes", "wanted"),
    [
        ("mnist", Wishes(), "data = 'mnist' is not one of digits, digits32, glyphs, runes, jets, cifar10:<directory>"),
        ("cifar10", Wishes(), "it is cifar10:<directory>"),
        ("folder:", Wishes(), "it is folder:<directory>"),
        ("digits:here", Wishes(), "it is digits, without a directory"),
        ("glyphs:", Wishes(), "it is glyphs, without a directory"),
        ("digits", Wishes(size=16), "size = 16: the images of digits have a size of their own"),
        ("digits", Wishes(limit=1), "limit = 1 is below 2"),
    ],
)
def test_sets_that_do_not_exist(name: str, wishes: Wishes, wanted: str) -> None:
    with pytest.raises(RangeError, match=re.escape(wanted)):
        load_set(name, wishes)
