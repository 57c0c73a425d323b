"""rtl/truncated_pe.v."""
