"""A folder a unit of rtl/: its bench, classes of inputs, description; and what runs them."""
