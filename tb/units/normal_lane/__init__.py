"""rtl/normal_lane.v."""
