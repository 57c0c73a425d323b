"""rtl/operand_mover.v."""
