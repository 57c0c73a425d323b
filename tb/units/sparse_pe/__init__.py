"""rtl/sparse_pe.v."""
