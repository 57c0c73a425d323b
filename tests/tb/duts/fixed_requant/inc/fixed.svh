// What fixed_requant has built in.
`define BIAS -5
`define OFFSET 3
