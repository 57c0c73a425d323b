// lut_softmax: elements go through the pipeline of a row in one piece, and a sum is zero before its first term.
//
// Each wire is 1 in every cycle after a reset; mutation/invariants.py proves that before it is used. They follow from
// one another: a row leaves nothing behind, so the next one finds the pipeline empty, so its sum starts at zero.
// The proof of whole rows in formal/hdl/lut_softmax_rows.v says more, in terms of counters beside the unit.
localparam [1:0] WAIT = 2'd0, SUM = 2'd1, DIVIDE = 2'd2;
wire [3:0] valid = {valid4_q, valid3_q, valid2_q, valid1_q};
wire [3:0] last  = {last4_q, last3_q, last2_q, last1_q};

(* keep *) wire pipeline_is_empty          = !(state_q == WAIT || state_q == DIVIDE) || (!issue_q && valid == 4'b0);
(* keep *) wire only_scaled_terms_leave    = !(state_q == SUM) || valid[3:2] == 2'b0;
(* keep *) wire summed_in_one_piece        = !(state_q == SUM)
    || ((!valid[0] || issue_q == !last[0]) && (!valid[1] || valid[0] == !last[1]));
(* keep *) wire the_last_is_behind_all     = (!valid[0] || !last[0] || !issue_q)
    && (!valid[1] || !last[1] || {issue_q, valid[0]} == 2'b0)
    && (!valid[2] || !last[2] || {issue_q, valid[1:0]} == 3'b0)
    && (!valid[3] || !last[3] || {issue_q, valid[2:0]} == 4'b0);
(* keep *) wire sum_is_zero_before_a_term  = !(state_q == SUM) || valid[1] || sum_q == 0;
