// port_widths.vh: widths in bits, for what stands before a module's body
// Made from t2c.contract by `python -m t2c.contract.generate`; docs/contract.md says how to add to it.
`ifndef T2C_PORT_WIDTHS
`define T2C_PORT_WIDTHS
`define T2C_DESCRIPTOR_W 1824 // a step
`define T2C_ADDRESS_W    24   // addresses and word counts of transfers, and the trace's addresses
`define T2C_SHIFT_W      6    // shift of a parameter lane
`define T2C_TABLE_W      16   // entry of the table memory
`endif
