"""The loaders that lie beside the images, built and run as docs/roms.md says: Icarus, Verilator and a C compiler."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from t2c.common.places import RTL
from t2c.contract.descriptor import DESCRIPTOR_WORDS
from t2c.contract.field_kinds import WORD_BITS
from t2c.contract.hardware import Hardware
from t2c.golden.graph.package import load_package
from t2c.mapping.compiler import ALL, compile_program
from t2c.rom_folder.folder import Request, write_folder
from t2c.rom_folder.manifest import RomFolder
from t2c.tb.simulation.simulators import find_simulator
from tests.conftest import ROOT

pytestmark = pytest.mark.slow

ARRAY = {"rows": 8, "cols": 8}
PASS = re.compile(
    r"^PASS: (\d+) runs of \d+ cycles; (\d+) of \2 input, (\d+) of \3 output, (\d+) of \4 result words; 0 wrong$", re.M
)


def commands() -> dict[str, str]:
    """The shell lines of docs/roms.md by what they run, as printed but for the place of the RTL."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "docs" / "roms.md").read_text(), re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines() if line and not line.startswith(("make ", "cd "))]
    names = {line: re.split(r"[/ ]", line)[-1] for line in lines}
    verilator = {line: f"verilator {name}" for line, name in names.items() if line.startswith("verilator")}
    return {name: line.replace("$RTL", str(RTL)) for line, name in (names | verilator).items()}


def shell(line: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a line in a folder; anything that looks like a warning is a failure."""
    done = subprocess.run(
        line, shell=True, cwd=folder, env=os.environ | environment, capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    assert not re.search("warning|error:", said, re.IGNORECASE), said
    return done


def run_core(folder: Path) -> str:
    """What the bench prints on Icarus; built if it is not."""
    if not (folder / "run_core").exists():
        assert shell(commands()["run_core.v"], folder).returncode == 0
    return shell(commands()["run_core"], folder).stdout


def change_word(path: Path, index: int, digit: int = -1) -> None:
    """Flip the lowest bit of a digit of one word."""
    lines = path.read_text().split()
    line = index + lines[0].startswith("@")
    word = list(lines[line])
    word[digit] = f"{int(word[digit], 16) ^ 1:x}"
    lines[line] = "".join(word)
    path.write_text("\n".join(lines) + "\n")


@pytest.fixture(scope="module")
def digits(examples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images of one sample of digits_w4a4, and every loader built."""
    out = tmp_path_factory.mktemp("parent") / "roms"
    write_folder(load_package(examples / "digits_w4a4"), Request(hardware=Hardware(**ARRAY)), out)
    for name in ("run_core.v", "load_roms.v", "load_roms.c"):
        assert shell(commands()[name], out).returncode == 0
    return out


@pytest.fixture
def copy(digits: Path, tmp_path: Path) -> Path:
    """A copy of the folder to spoil."""
    return Path(shutil.copytree(digits, tmp_path / "copy"))


def test_the_core_computes_the_expected_words(digits: Path) -> None:
    found = PASS.search(run_core(digits))
    assert found is not None
    assert found.groups() == ("1", "64", "2", "470")
    assert f"    {found[0]}\n" in (ROOT / "docs" / "roms.md").read_text()


SPOILT = {
    # name: (file, word, digit)
    "the first weight": ("core/weights.hex", 0, -1),
    "the last weight": ("core/weights.hex", 967, -1),
    "a multiplier": ("core/params.hex", 0, -4),
    "the place of the output of conv1": ("core/program.hex", DESCRIPTOR_WORDS + 43, -1),
    "a pixel": ("vectors/input.hex", 30, -1),
    "an output": ("vectors/output.hex", 1, -1),
    "a result": ("vectors/results.hex", 200, -1),
}
"""Each is one bit."""


@pytest.mark.sample(9)
@pytest.mark.parametrize("name", SPOILT)
def test_a_spoilt_word_fails(name: str, copy: Path) -> None:
    file, word, digit = SPOILT[name]
    change_word(copy / file, word, digit)
    said = run_core(copy)
    assert "PASS" not in said
    assert re.search(r"^FAIL: 1 runs of \d+ cycles; .* [1-9]\d* wrong$", said, re.MULTILINE)
    for loader in ("load_roms", "load_roms_c"):
        bad = shell(commands()[loader], copy).stdout
        assert re.findall(r"^FAIL (\S+):", bad, re.MULTILINE) == [file], loader


def test_a_program_that_never_ends_fails(copy: Path) -> None:
    """END becomes LOAD: the core waits for words that never come; the bench does not."""
    change_word(copy / "core" / "program.hex", 9 * DESCRIPTOR_WORDS)
    assert re.search(r"^no end after \d+ cycles\nFAIL: ", run_core(copy), re.MULTILINE)


def test_a_program_that_stops_fails(copy: Path) -> None:
    """LOAD takes a word more than the stimulus has, so tlast comes too early."""
    change_word(copy / "core" / "program.hex", 3)
    assert re.search(r"^run 0: status 00000004, error 2, \d+ cycles\nFAIL: ", run_core(copy), re.MULTILINE)


@pytest.mark.parametrize("change", [["8"], []], ids=["a word more", "a word less"])
def test_loaders_count_words(change: list[str], copy: Path) -> None:
    image = copy / "core" / "weights.hex"
    lines = image.read_text().split()
    image.write_text("\n".join([*(lines if change else lines[:-1]), *change]) + "\n")
    done = subprocess.run("./load_roms_c", cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert re.findall(r"^FAIL (\S+): (\d+) words", done.stdout, re.MULTILINE) == [
        ("core/weights.hex", "969" if change else "967")
    ]
    done = subprocess.run(["vvp", "load_roms"], cwd=copy, capture_output=True, text=True, check=False)
    assert "WARNING" in done.stdout + done.stderr or "FAIL core/weights.hex" in done.stdout


def test_a_missing_image_fails(copy: Path) -> None:
    (copy / "core" / "params.hex").unlink()
    done = subprocess.run("./load_roms_c", cwd=copy, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.count("FAIL core/params.hex: 0 words")) == (1, 1)


def test_the_words_in_memory_are_the_programs(digits: Path, examples: Path) -> None:
    """The C loader's memory, byte for byte: what firmware hands to a DMA engine."""
    program = compile_program(load_package(examples / "digits_w4a4").graph, ALL, Hardware(**ARRAY))
    done = subprocess.run(["./load_roms_c", "core_program"], cwd=digits, capture_output=True, check=True)
    assert done.stdout == b"".join(word.to_bytes(WORD_BITS // 8, "little") for word in program.words())
    done = subprocess.run(["./load_roms_c", "core_weights"], cwd=digits, capture_output=True, check=True)
    assert done.stdout == program.weights.astype("int8").tobytes()


def test_firmware_includes_the_header_of_the_core_too(digits: Path) -> None:
    """The names of roms.h and of t2c_core.h do not meet."""
    (digits / "both.c").write_text(
        '#include "t2c_core.h"\n#include "roms.h"\nint main(void) { return T2C_IMAGES == 0; }\n'
    )
    line = f"cc -Wall -Wextra -Werror -Wno-unused-const-variable -I {ROOT}/contract/include -o both both.c && ./both"
    assert shell(line, digits).returncode == 0


LITTLE = {
    "tensors visit the host": Hardware(rows=4, cols=4, act_depth=300, wgt_depth=60, acc_depth=64),
    "constants by the program": Hardware(rows=8, cols=2, act_depth=1 << 10, wgt_depth=600, par_depth=16),
}


@pytest.mark.campaign
@pytest.mark.parametrize("what", LITTLE)
def test_a_core_with_little_memory(what: str, examples: Path, tmp_path: Path) -> None:
    """Stimulus then holds constants and tensors that come back; two samples, one after the other."""
    hardware = LITTLE[what]
    out = tmp_path / "roms"
    write_folder(load_package(examples / "digits_w8a8"), Request(hardware=hardware, images=2, first_image=5), out)
    assert "core_weights" not in [image["name"] for image in RomFolder.open(out).record["images"]]
    found = PASS.search(run_core(out))
    assert found is not None
    assert found[1] == "2"


@pytest.fixture(scope="module")
def resnet20(examples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """ResNet-20 for the core with the depths it has by itself."""
    out = tmp_path_factory.mktemp("parent") / "roms"
    write_folder(load_package(examples / "resnet20"), Request(hardware=Hardware()), out)
    return out


@pytest.mark.sample(3)
@pytest.mark.parametrize("loader", ["load_roms.v", "load_roms.c"])
def test_both_loaders_load_resnet20(loader: str, resnet20: Path) -> None:
    lines = commands()
    assert shell(lines[loader], resnet20).returncode == 0
    done = shell(lines[loader.replace(".v", "").replace(".c", "_c")], resnet20)
    assert done.returncode == 0
    loaded = re.findall(r"^ok   (\S+): \d+ words of \d+ bits$", done.stdout, re.MULTILINE)
    assert loaded == [image["files"]["hex"] for image in RomFolder.open(resnet20).record["images"]]
    assert "FAIL" not in done.stdout


def test_the_core_takes_the_images_of_resnet20_without_a_warning(resnet20: Path) -> None:
    """t2c_core with nothing but its own default depths reads all three memories; the run itself is Verilator's."""
    files = '.PROGRAM_FILE("core/program.hex"), .WEIGHT_FILE("core/weights.hex"), .PARAM_FILE("core/params.hex")'
    check = 'initial #1 if (^i_core.i_params.mem[68] !== 1\'bx) $display("loaded");'
    bench = f"module top; t2c_core #({files}) i_core (); {check} endmodule\n"
    (resnet20 / "top.v").write_text(bench)
    build = f"iverilog -g2005 -I {RTL} -y {RTL} -o top top.v"
    subprocess.run(build, shell=True, cwd=resnet20, check=True, capture_output=True)
    assert shell("vvp top", resnet20).stdout == "loaded\n"


@pytest.mark.campaign
def test_resnet20_runs_on_verilator(resnet20: Path) -> None:
    """The whole network from the folder alone; no Python takes part."""
    simulator = find_simulator("verilator")
    # Without precompiled headers, whose flag the PyPI wheel leaves out; what runs once is not optimised.
    flags = "VM_PARALLEL_BUILDS=0 OPT_FAST=-O0 OPT_GLOBAL=-O0"
    line = commands()["verilator run_core.v"].replace("--binary", f"--binary -MAKEFLAGS '{flags}'")
    assert shell(line, resnet20, **simulator.environment).returncode == 0
    found = PASS.search(shell("./obj_dir/Vrun_core", resnet20).stdout)
    assert found is not None
    assert found.groups() == ("1", "1024", "1", "17925")
