"""rtl/array_element.v."""
