"""rtl/activation_memory.v."""
