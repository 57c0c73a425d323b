"""A graph as C99: one source without dependencies, its header, and the same for SystemVerilog through DPI-C."""

from __future__ import annotations

import math
from dataclasses import dataclass

from t2c.exports.c_builder import CBuilder, ctype, identifier, literal
from t2c.exports.c_runtime import written
from t2c.golden.arithmetic.views import MAX_AXES
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.tensor_spec import MAX_EDGE_BITS


@dataclass(frozen=True, kw_only=True)
class CModel:
    """The files of a network in C.

    prefix: of every public name; source, header: the network; dpi_source, dpi_header, dpi_package: for SystemVerilog.
    """

    prefix: str
    source: str
    header: str
    dpi_source: str
    dpi_header: str
    dpi_package: str

    @property
    def files(self) -> dict[str, str]:
        """Contents by name."""
        return {
            f"{self.prefix}.c": self.source,
            f"{self.prefix}.h": self.header,
            f"{self.prefix}_dpi.c": self.dpi_source,
            f"{self.prefix}_dpi.h": self.dpi_header,
            f"{self.prefix}_dpi.sv": self.dpi_package,
        }


def prefix_of(name: str) -> str:
    """What the public names of a network begin with.

    >>> prefix_of("digits_w8a8"), prefix_of("8.bit-net"), prefix_of("_x")
    ('digits_w8a8', 'net_8_bit_net', 'net__x')
    """
    found = identifier(name, set(), "")
    return found if found[0].isalpha() else f"net_{found}"


def c_model(graph: Graph) -> CModel:
    """Return a network as C.

    Raises:
        UnsupportedError: a kind of node without a C form; the message names the node.
    """
    builder, prefix = CBuilder(graph), prefix_of(graph.name)
    for node in graph.nodes:
        builder.node(node)
    names = {"prefix": prefix, "guard": prefix}
    return CModel(
        prefix=prefix,
        source=_source(builder, prefix),
        header=_header(builder, prefix),
        dpi_source=_DPI_SOURCE.format(**names),
        dpi_header=_DPI_HEADER.format(**names),
        dpi_package=_dpi_package(builder, prefix),
    )


def _order(builder: CBuilder) -> list[str]:
    """Edges in the order of a run, the input first."""
    return [builder.graph.input, *(node.output for node in builder.graph.nodes)]


def _header(builder: CBuilder, prefix: str) -> str:
    edges = builder.graph.edges
    members, numbers = [], []
    for number, name in enumerate(_order(builder)):
        edge, member = edges[name], builder.members[name]
        shape = "x".join(map(str, edge.shape))
        members.append(f"    {ctype(edge.dtype)} {member}[{math.prod(edge.shape)}]; /* {edge.format}, {shape} */")
        numbers.append(f"    {prefix}_{member} = {number}")
    return _HEADER.format(
        prefix=prefix,
        guard=prefix,
        members="\n".join(members),
        numbers=",\n".join(numbers),
        count=len(numbers),
        input=builder.members[builder.graph.input],
        rank=max(MAX_AXES, *(len(edge.shape) for edge in edges.values())),
    )


def _source(builder: CBuilder, prefix: str) -> str:
    graph = builder.graph
    infos = []
    for name in _order(builder):
        edge = graph.edges[name]
        shape = ", ".join(map(str, edge.shape))
        fields = f"{len(edge.shape)}, {{{shape}}}, {math.prod(edge.shape)}, {edge.bits}, {int(edge.signed)}"
        place = f"sizeof({ctype(edge.dtype)}), offsetof({prefix}_tensors, {builder.members[name]})"
        infos.append(f"    {{{literal(name)}, {fields}, {edge.zero_point}, {place}}}")
    edge = graph.edges[graph.input]
    checked = f"t->{builder.members[graph.input]}[n]"
    wrong = " || ".join(
        text
        for text, needed in (
            (f"{checked} < {edge.format.lo}", edge.signed and edge.bits < 8 * edge.dtype.itemsize),
            (f"{checked} > {edge.format.hi}", edge.bits < 8 * edge.dtype.itemsize),
        )
        if needed
    )
    check = f"""\
    int32_t n;
    for (n = 0; n < {math.prod(edge.shape)}; n++)
        if ({wrong})
            return n + 1;
"""
    blocks = [
        _SOURCE_HEAD.format(prefix=prefix),
        *written(builder.helpers),
        *builder.constants,
        *builder.functions,
        _SOURCE_TAIL.format(
            prefix=prefix,
            infos=",\n".join(infos),
            check=check if wrong else "",
            calls="\n".join(f"    {call}" for call in builder.calls),
        ),
    ]
    return "\n\n".join(blocks)


def _dpi_package(builder: CBuilder, prefix: str) -> str:
    edges, order = builder.graph.edges, _order(builder)
    lines = []
    for number, name in enumerate(order):
        member = builder.members[name]
        lines.append(f"  localparam int {member} = {number};")
        lines.append(f"  localparam int size_of_{member} = {math.prod(edges[name].shape)};")
    return _DPI_PACKAGE.format(prefix=prefix, constants="\n".join(lines), size=math.prod(edges[order[0]].shape))


_HEADER = """\
/* {prefix}: a quantised network as integers, bit-exact. Written by t2c export; C99, no dependencies. */
#ifndef T2C_{guard}_H
#define T2C_{guard}_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {{
#endif

/* Every tensor of one image, each in C order. */
typedef struct {{
{members}
}} {prefix}_tensors;

/* Numbers of the tensors, in the order in which they are computed; 0 is the input. */
enum {{
{numbers},
    {prefix}_count = {count}
}};

/* What a tensor is. */
typedef struct {{
    const char *name;          /* as the package calls it */
    int32_t rank, shape[{rank}]; /* without a batch axis */
    int32_t size;              /* elements */
    int32_t bits, is_signed, zero_point;
    size_t element, offset; /* bytes of an element; where the tensor begins in the struct */
}} {prefix}_info;

extern const {prefix}_info {prefix}_infos[{count}];

/* Compute all tensors from t->{input}. Returns 0, or 1 + the place of the first element of the input that is outside
   its format; nothing is computed then. Keeps no state and allocates nothing. */
int32_t {prefix}_run({prefix}_tensors *t);

/* One element of a tensor; 0 outside of it. */
int32_t {prefix}_get(const {prefix}_tensors *t, int32_t tensor, int32_t place);

#ifdef __cplusplus
}}
#endif

#endif
"""

_SOURCE_HEAD = """\
/* {prefix}: a quantised network as integers, bit-exact. Written by t2c export; C99, no dependencies. */
#include "{prefix}.h"\
"""

_SOURCE_TAIL = """\
const {prefix}_info {prefix}_infos[{prefix}_count] = {{
{infos}
}};

int32_t {prefix}_run({prefix}_tensors *t)
{{
{check}{calls}
    return 0;
}}

int32_t {prefix}_get(const {prefix}_tensors *t, int32_t tensor, int32_t place)
{{
    const {prefix}_info *info;
    const unsigned char *at;
    if (tensor < 0 || tensor >= {prefix}_count)
        return 0;
    info = &{prefix}_infos[tensor];
    if (place < 0 || place >= info->size)
        return 0;
    at = (const unsigned char *)t + info->offset + (size_t)place * info->element;
    if (info->element == 1)
        return info->is_signed ? *(const int8_t *)at : *(const uint8_t *)at;
    return info->is_signed ? *(const int16_t *)(const void *)at : *(const uint16_t *)(const void *)at;
}}
"""

_DPI_HEADER = """\
/* What {prefix}_dpi.sv imports. */
#ifndef T2C_{guard}_DPI_H
#define T2C_{guard}_DPI_H

#ifdef __cplusplus
extern "C" {{
#endif

int {prefix}_dpi_run(const int *image);
int {prefix}_dpi_get(int tensor, int place);

#ifdef __cplusplus
}}
#endif

#endif
"""

_DPI_SOURCE = """\
/* {prefix} for SystemVerilog: the tensors of the last image, by number. No simulator's header is needed. */
#include "{prefix}_dpi.h"
#include "{prefix}.h"

static {prefix}_tensors tensors;

/* Run one image. Returns 0, or 1 + the place of the first element that is outside the input's format. */
int {prefix}_dpi_run(const int *image)
{{
    const {prefix}_info *input = &{prefix}_infos[0];
    const int32_t hi = ((int32_t)1 << (input->bits - input->is_signed)) - 1;
    const int32_t lo = input->is_signed ? -hi - 1 : 0;
    unsigned char *at = (unsigned char *)&tensors + input->offset;
    int32_t n;
    for (n = 0; n < input->size; n++)
        if (image[n] < lo || image[n] > hi)
            return (int)(n + 1);
    for (n = 0; n < input->size; n++, at += input->element) {{
        if (input->element == 1)
            *at = (unsigned char)image[n];
        else
            *(uint16_t *)(void *)at = (uint16_t)image[n];
    }}
    return (int){prefix}_run(&tensors);
}}

/* One element of a tensor of that image; 0 outside of it. */
int {prefix}_dpi_get(int tensor, int place)
{{
    return (int){prefix}_get(&tensors, tensor, place);
}}
"""

_DPI_PACKAGE = """\
// {prefix}_dpi: the network as a reference in SystemVerilog; compile with {prefix}.c and {prefix}_dpi.c.
package {prefix}_dpi;
  // Numbers and sizes of the tensors, in the order in which they are computed; elements in C order.
{constants}

  // Run one image: 0, or 1 + the place of the first element that is outside the input's format.
  import "DPI-C" function int {prefix}_dpi_run(input int image[{size}]);
  // One element of a tensor of that image.
  import "DPI-C" function int {prefix}_dpi_get(input int tensor, input int place);
endpackage
"""
assert MAX_EDGE_BITS == 16, "an element is one byte or two"
