// layer_norm_rows: as many result beats as beats, row by row, keep and tlast, the first of a row in the cycle the header says.
//
// Method      The harness keeps the lengths of the rows inside in order: whole rows whose results are to come, and the one that
//             comes in. The unit's counters, pointers and valid bits are tied to these. Values are not looked at: the sums and
//             the constants are layer_norm_rows_parts.v, which hand on a row's N in the cycles of the real ones.
// Assumed     a reset in the first cycle; nothing else.
// Doc         docs/formal.md
