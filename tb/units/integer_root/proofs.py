"""What `make formal` proves of integer_root."""

from __future__ import annotations

from dataclasses import replace

from t2c.tb.catalogue.proof import NegativeControl, Proof

SHOW = ("value_q", "age_q", "root")
EQUAL = NegativeControl(
    error="a remainder that equals what is tried is not taken",
    file="integer_root.v",
    original="(brought >= tried)",
    mutant="(brought > tried)",
    depth=8,
    show=SHOW,
)
SHORT = NegativeControl(
    error="the remainder is one bit short",
    file="integer_root.v",
    original="remainder_q <= left;",
    mutant="remainder_q <= {2'b00, left[W-2:0]};",
    depth=8,
    show=SHOW,
)
ROOT = Proof(
    name="root",
    claim="k^2 <= value < (k + 1)^2 for every value, after exactly W + 1 cycles; resets, starts at any time",
    top="integer_root_root",
    rtl=("integer_root.v",),
    parameters={"W": 16},
    small={"W": 4},
    cover_depth=9,
    controls=(EQUAL, SHORT),
)
PRODUCTS = replace(
    ROOT,
    name="square",
    claim="what root says, and what it takes for the square of k is k * k",
    defines=("PRODUCTS",),
    parameters={"W": 5},
    controls=(EQUAL,),
)
PROOFS = (ROOT, PRODUCTS)
