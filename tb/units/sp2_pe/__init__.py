"""rtl/sp2_pe.v."""
