"""cocotb benches; each module drives one unit of rtl/ and is run through tb.runner."""
