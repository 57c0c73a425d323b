// array_elements.vh: the elements of systolic_array
// Made from t2c.contract by `python -m t2c.contract.generate`; docs/contract.md says how to add to it.
`ifndef T2C_ARRAY_ELEMENTS
`define T2C_ARRAY_ELEMENTS
`define T2C_SPAN   1   // rows of operands that an element takes
`define T2C_CODE_W W_W // bits of an element's weights in memory
`define T2C_SHARED 1   // whether two columns may share a multiplier
`endif
