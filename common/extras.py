"""Which extra of the distribution brings a module that not every command needs."""

from __future__ import annotations

DISTRIBUTION = "torch2chip-cosim"
EXTRAS = {
    "sim": ("cocotb", "cocotb_bus", "cocotb_tools", "find_libpython", "pyslang"),
    "regress": ("distributed", "tqdm"),
    "flows": ("optuna",),
    "t2c": ("torch", "sklearn", "tqdm"),
    "onnx": ("onnx", "onnxruntime"),
    "tflite": ("tflite", "flatbuffers"),
}
"""Modules by the extra whose name a user is told first."""
ALONE = {"yaml": "PyYAML", "PIL": "Pillow"}
"""Modules that are less work to install than an extra."""


def advice(error: ModuleNotFoundError) -> str | None:
    """One line on how to mend a failed import; None if that is not for a user to do."""
    module = (error.name or "").partition(".")[0]
    wanted = ALONE.get(module) or next(
        (f"'{DISTRIBUTION}[{extra}]'" for extra, modules in EXTRAS.items() if module in modules), None
    )
    return wanted and f"{error.name} is not installed; try: pip install {wanted}"
