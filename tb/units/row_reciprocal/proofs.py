"""What `make formal` proves of row_reciprocal."""

from __future__ import annotations

from dataclasses import replace

from t2c.tb.catalogue.proof import NegativeControl, Proof

SHOW = ("s_q", "bits_q", "q", "r", "valid")
EQUAL = NegativeControl(
    error="a remainder that equals the sum is not divided",
    file="reciprocal.v",
    original="(remainder_q >= {1'b0, divisor_q})",
    mutant="(remainder_q > {1'b0, divisor_q})",
    depth=12,
    show=SHOW,
)
MASK = NegativeControl(
    error="a bit too many is left out",
    file="row_reciprocal.v",
    original="(ALL[5:0] - bits_i)",
    mutant="(ALL[5:0] + 6'd1 - bits_i)",
    depth=12,
    show=SHOW,
)
LOST = NegativeControl(
    error="a quotient that is not taken at once is lost",
    file="row_reciprocal.v",
    original="valid_q <= valid_o & ~take_i;",
    mutant="valid_q <= done & ~take_i;",
    depth=13,
    show=SHOW,
)
QUOTIENT = Proof(
    name="quotient",
    claim="2^R = q s + rest, 0 <= rest < s, every s and R; r_o is q 2^(R_W - R), after exactly R_W + 2 cycles; resets",
    top="row_reciprocal_quotient",
    rtl=("row_reciprocal.v", "reciprocal.v"),
    parameters={"S_W": 26, "R_W": 32, "TAG_W": 11},
    small={"S_W": 4, "R_W": 6, "TAG_W": 2},
    cover_depth=14,
    controls=(EQUAL, MASK, LOST),
)
PRODUCTS = replace(
    QUOTIENT,
    name="product",
    claim="what quotient says, and what it takes for the product of q and s is q * s",
    defines=("PRODUCTS",),
    parameters={"S_W": 5, "R_W": 8, "TAG_W": 2},
    controls=(EQUAL,),
)
PROOFS = (QUOTIENT, PRODUCTS)
