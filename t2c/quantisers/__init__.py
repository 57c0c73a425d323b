"""Quantisers, one file each; every one is a `_QBase` that overrides what differs."""

from t2c.quantisers.adaround import AdaRound
from t2c.quantisers.apot import APoT
from t2c.quantisers.base import _QBase
from t2c.quantisers.duq import DuQ, DuQActivation
from t2c.quantisers.lsq import LSQ, LSQActivation
from t2c.quantisers.minmax import MinMax
from t2c.quantisers.msq import MSQ
from t2c.quantisers.pact import PACT
from t2c.quantisers.qdrop import QDrop
from t2c.quantisers.rcf import RCF, RCFActivation
from t2c.quantisers.sawb import SAWB
from t2c.quantisers.sp2 import SP2

__all__ = [
    "LSQ",
    "MSQ",
    "PACT",
    "RCF",
    "SAWB",
    "SP2",
    "APoT",
    "AdaRound",
    "DuQ",
    "DuQActivation",
    "LSQActivation",
    "MinMax",
    "QDrop",
    "RCFActivation",
    "_QBase",
]
