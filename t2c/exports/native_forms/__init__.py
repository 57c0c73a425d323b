"""What torch's own quantised modules are for each kind of node, one a file; `t2c.exports.native` finds them."""
