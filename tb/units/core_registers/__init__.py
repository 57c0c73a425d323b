"""rtl/core_registers.v."""
