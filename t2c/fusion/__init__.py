"""From any torch.fx-traceable float model to a network of dual-path layers."""

from t2c.fusion.batchnorm import fuse_norms, norms_of
from t2c.fusion.bits import LayerBits
from t2c.fusion.fuser import NetFuser, Scheme

__all__ = ["LayerBits", "NetFuser", "Scheme", "fuse_norms", "norms_of"]
