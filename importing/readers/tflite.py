"""Files of TensorFlow Lite: .tflite."""

from __future__ import annotations

from t2c.importing.network import ImportedNetwork
from t2c.importing.reader import READERS, SourceFile


@READERS("tflite")
def read_tflite(file: SourceFile) -> ImportedNetwork:
    """Read a network of int8 operators; errors as `t2c.importing.reader.read_network`."""
    from t2c.importing.tflite.read import convert
    from t2c.importing.tflite.schema import read_model

    return convert(read_model(file.data), file.name, str(file.path.name))
