"""rtl/adc_pe.v."""
