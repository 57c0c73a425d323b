"""The co-verification harness: simulators, cocotb benches, comparison and reports. It never imports torch."""
