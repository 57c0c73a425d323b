"""A kind of node from outside the tree: every channel of a map times an integer gain of its own, then MulQuant.

T2C_PLUGINS=channel_gain makes it known; its counterpart for `make oracle` is another plug-in, channel_gain.counterpart.
"""

from channel_gain import c_form, lowering, node, onnx_form

__all__ = ["c_form", "lowering", "node", "onnx_form"]
