"""rtl/softmax_lane.v."""
