"""SLICE, STRIDED_SLICE, SPLIT, SPLIT_V, PACK, UNPACK: parts of a tensor, and tensors along a new axis."""

from __future__ import annotations

from collections.abc import Sequence

from t2c.importing.errors import RefusedError
from t2c.importing.proof import Exactness, Grade
from t2c.importing.tflite.conversion import OPERATORS, Conversion, node_name
from t2c.importing.tflite.edges import joined, part, reshaped, taken
from t2c.importing.tflite.placed import Placed, sample_shape
from t2c.importing.tflite.same_reading import require_same_reading
from t2c.importing.tflite.schema import TfliteOperator, TfliteTensor
from t2c.importing.tflite.views import golden_axis, in_own_order, in_source_order, place_in_source_order

MOVED = Exactness(grade=Grade.SAME)


def _given(conversion: Conversion, op: TfliteOperator, position: int = 0) -> tuple[TfliteTensor, Placed]:
    given, placed = conversion.source(op, position)
    return given, in_own_order(conversion, op, f"in{position}", given, placed)


def _choose(
    conversion: Conversion,
    op: TfliteOperator,
    given: tuple[TfliteTensor, Placed],
    chosen: Sequence[Sequence[int]],
    output: TfliteTensor,
) -> None:
    """Of each axis of the source, the batch counted, these numbers; the output may lack axes of one."""
    tensor, placed = given
    require_same_reading(op, tensor, output)
    name, edge = node_name(op), placed.edge
    for axis, indices in enumerate(chosen):
        if list(indices) != list(range(tensor.shape[axis])):
            edge = taken(conversion, f"{name}_{axis}", edge, golden_axis(op, tensor, axis), indices)
    same = sample_shape(output.shape) == tuple(len(i) for i in chosen)[len(chosen) - len(sample_shape(tensor.shape)) :]
    if same:
        conversion.place(output, edge, lo=placed.lo, hi=placed.hi)
    else:
        left = Placed(edge=edge, shape=(), order=placed.order, lo=placed.lo, hi=placed.hi)
        ordered = in_source_order(conversion, f"{name}_all", tensor, left)
        edge = place_in_source_order(conversion, name, output, ordered, lo=placed.lo, hi=placed.hi)
    conversion.report(op, edge, MOVED)


@OPERATORS("SLICE")
def slice_(conversion: Conversion, op: TfliteOperator) -> None:
    """From a beginning, so many along each axis; -1 for all that is left."""
    given, placed = _given(conversion, op)
    begins, sizes = conversion.numbers(op, 1), conversion.numbers(op, 2)
    if len(begins) != len(given.shape) or len(sizes) != len(given.shape):
        raise RefusedError([f"{op.label}: {given.label} has {len(given.shape)} axes, its part {len(begins)}"])
    chosen = []
    for extent, begin, size in zip(given.shape, begins, sizes, strict=True):
        length = extent - begin if size == -1 else size
        if not 0 <= begin < begin + length <= extent:
            raise RefusedError([f"{op.label}: {given.label}: {length} from {begin} on of {extent}"])
        chosen.append(range(begin, begin + length))
    output = conversion.target(op, tuple(map(len, chosen)), given.type)
    _choose(conversion, op, (given, placed), chosen, output)


@OPERATORS("STRIDED_SLICE")
def strided_slice(conversion: Conversion, op: TfliteOperator) -> None:
    """Beginning, end and stride along each axis, with masks; no new axes, no ellipsis."""
    given, placed = _given(conversion, op)
    rank = len(given.shape)
    begins, ends, strides = (conversion.numbers(op, position) for position in (1, 2, 3))
    count = len(begins)
    if not count == len(ends) == len(strides) or count > rank or 0 in strides:
        raise RefusedError([f"{op.label}: {given.label} has {rank} axes; {begins} to {ends} by {strides}"])
    masks = {name: int(op.options[name]) for name in ("BeginMask", "EndMask", "ShrinkAxisMask")}
    for name in ("EllipsisMask", "NewAxisMask", "Offset"):
        if int(op.options[name]):
            raise RefusedError([f"{op.label}: {name} is not read"])
    chosen, shape = [], []
    for axis, extent in enumerate(given.shape):
        if axis >= count:
            indices, shrinks = list(range(extent)), False
        else:
            shrinks = bool(masks["ShrinkAxisMask"] >> axis & 1)
            begin = None if masks["BeginMask"] >> axis & 1 and not shrinks else begins[axis]
            end = None if masks["EndMask"] >> axis & 1 else ends[axis]
            indices = list(range(*slice(begin, end, strides[axis]).indices(extent)))
            if shrinks:
                place = begins[axis] + (extent if begins[axis] < 0 else 0)
                indices = [place] if 0 <= place < extent else []
        if not indices:
            raise RefusedError([f"{op.label}: {given.label}: nothing is left of axis {axis}"])
        chosen.append(indices)
        shape += [] if shrinks else [len(indices)]
    output = conversion.target(op, tuple(shape), given.type)
    _choose(conversion, op, (given, placed), chosen, output)


def _split(conversion: Conversion, op: TfliteOperator, position: int, axis: int, lengths: Sequence[int]) -> None:
    given, placed = _given(conversion, op, position)
    own, rank = golden_axis(op, given, axis), len(given.shape)
    place = axis % rank
    if len(op.outputs) != len(lengths) or sum(lengths) != given.shape[place] or min(lengths) < 1:
        raise RefusedError(
            [f"{op.label}: {given.label} of shape {given.shape} in {len(op.outputs)} outputs of {list(lengths)}"]
        )
    start, edge = 0, placed.edge
    for index, length in enumerate(lengths):
        shape = (*given.shape[:place], length, *given.shape[place + 1 :])
        output = conversion.one_of_targets(op, index, shape, given.type)
        require_same_reading(op, given, output)
        edge = part(conversion, node_name(op, str(index)), placed.edge, own, start, length)
        conversion.place(output, edge, lo=placed.lo, hi=placed.hi)
        start += length
    conversion.report(op, edge, MOVED)


def _one(conversion: Conversion, op: TfliteOperator, position: int) -> int:
    numbers = conversion.numbers(op, position)
    if len(numbers) != 1:
        raise RefusedError([f"{op.label}: {len(numbers)} axes; one is wanted"])
    return numbers[0]


@OPERATORS("SPLIT")
def split(conversion: Conversion, op: TfliteOperator) -> None:
    """Equal parts; the axis is the first input."""
    axis, given = _one(conversion, op, 0), _given(conversion, op, 1)[0]
    golden_axis(op, given, axis)
    count, extent = len(op.outputs), given.shape[axis % len(given.shape)]
    if not count or extent % count:
        raise RefusedError([f"{op.label}: {given.label} of shape {given.shape} in {count} equal parts"])
    _split(conversion, op, 1, axis, [extent // count] * count)


@OPERATORS("SPLIT_V")
def split_v(conversion: Conversion, op: TfliteOperator) -> None:
    """Parts of lengths that the second input has, one of which may be -1; the axis is the third."""
    lengths, axis, given = conversion.numbers(op, 1), _one(conversion, op, 2), _given(conversion, op)[0]
    golden_axis(op, given, axis)
    extent = given.shape[axis % len(given.shape)]
    if lengths.count(-1) == 1:
        lengths[lengths.index(-1)] = extent - sum(lengths) - 1
    _split(conversion, op, 0, axis, lengths)


@OPERATORS("UNPACK")
def unpack(conversion: Conversion, op: TfliteOperator) -> None:
    """Each element along an axis, which goes."""
    given, placed = _given(conversion, op)
    axis, rank = int(op.options["Axis"]), len(given.shape)
    own, name = golden_axis(op, given, axis), node_name(op)
    place = axis % rank
    if len(op.outputs) != given.shape[place]:
        raise RefusedError([f"{op.label}: {given.label} of shape {given.shape} in {len(op.outputs)} outputs"])
    edge = placed.edge
    for index in range(len(op.outputs)):
        output = conversion.one_of_targets(op, index, (*given.shape[:place], *given.shape[place + 1 :]), given.type)
        require_same_reading(op, given, output)
        one = part(conversion, f"{name}_{index}_part", placed.edge, own, index, 1)
        left = Placed(edge=one, shape=(), order=placed.order, lo=placed.lo, hi=placed.hi)
        ordered = in_source_order(conversion, f"{name}_{index}_all", given, left)
        edge = place_in_source_order(conversion, f"{name}_{index}", output, ordered, lo=placed.lo, hi=placed.hi)
    conversion.report(op, edge, MOVED)


@OPERATORS("PACK")
def pack(conversion: Conversion, op: TfliteOperator) -> None:
    """Tensors of one shape along a new axis."""
    parts = [_given(conversion, op, position) for position in range(len(op.inputs))]
    if not parts or len({tensor.shape for tensor, _ in parts}) > 1:
        raise RefusedError([f"{op.label}: inputs of shapes {', '.join(str(tensor.shape) for tensor, _ in parts)}"])
    shape, rank, name = parts[0][0].shape, len(parts[0][0].shape) + 1, node_name(op)
    axis = int(op.options["Axis"])
    if not -rank <= axis < rank:
        raise RefusedError([f"{op.label}: axis {axis} of {rank}"])
    axis %= rank
    output = conversion.target(op, (*shape[:axis], len(parts), *shape[axis:]), parts[0][0].type)
    edges = []
    for index, (tensor, placed) in enumerate(parts):
        require_same_reading(op, tensor, output)
        ordered = in_source_order(conversion, f"{name}_{index}", tensor, placed)
        edges.append(reshaped(conversion, f"{name}_{index}_row", ordered, (*shape[:axis], 1, *shape[axis:])))
    whole = joined(conversion, f"{name}_all", edges, axis)
    ends = [end for _, placed in parts for end in (placed.lo, placed.hi)]
    edge = place_in_source_order(conversion, name, output, whole, lo=min(ends), hi=max(ends))
    conversion.report(op, edge, MOVED)
