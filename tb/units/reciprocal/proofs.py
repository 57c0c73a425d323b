"""What `make formal` proves of reciprocal."""

from __future__ import annotations

from dataclasses import replace

from t2c.tb.catalogue.proof import NegativeControl, Proof

SHOW = ("divisor_q", "age_q", "quotient")
EQUAL = NegativeControl(
    error="a remainder that equals the divisor is not divided",
    file="reciprocal.v",
    original="(remainder_q >= {1'b0, divisor_q})",
    mutant="(remainder_q > {1'b0, divisor_q})",
    depth=10,
    show=SHOW,
)
SHORT = NegativeControl(
    error="the remainder is one bit short",
    file="reciprocal.v",
    original="{kept, 1'b0};",
    mutant="{1'b0, kept[D_W-2:0], 1'b0};",
    depth=10,
    show=SHOW,
)
QUOTIENT = Proof(
    name="quotient",
    claim="r d <= 2^R < (r + 1) d for every divisor, after exactly Q_W + 1 cycles; resets, starts at any time",
    top="reciprocal_quotient",
    rtl=("reciprocal.v",),
    parameters={"D_W": 16, "R_W": 32, "Q_W": 18},
    small={"D_W": 4, "R_W": 8, "Q_W": 6},
    cover_depth=11,
    controls=(EQUAL, SHORT),
)
PRODUCTS = replace(
    QUOTIENT,
    name="product",
    claim="what quotient says, and what it takes for the product of r and d is r * d",
    defines=("PRODUCTS",),
    parameters={"D_W": 5, "R_W": 10, "Q_W": 7},
    controls=(EQUAL,),
)
PROOFS = (QUOTIENT, PRODUCTS)
