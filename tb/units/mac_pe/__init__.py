"""rtl/mac_pe.v."""
