"""Trainers, by name: supervised, ssl (no labels) and transfer (few labels) of float models; the others quantise."""

from t2c.trainers.admm import Admm
from t2c.trainers.base import Trainer
from t2c.trainers.loop import Schedule
from t2c.trainers.profit import Profit
from t2c.trainers.ptq import PTQ
from t2c.trainers.qat import QAT
from t2c.trainers.reconstruction_settings import Reconstruction
from t2c.trainers.ssl import SSL
from t2c.trainers.supervised import Supervised
from t2c.trainers.transfer import TransferLearning

_ALL: tuple[type[Trainer], ...] = (Supervised, SSL, TransferLearning, PTQ, QAT, Profit, Admm)
TRAINER: dict[str, type[Trainer]] = {trainer.name: trainer for trainer in _ALL}
"""`TRAINER[name](model, data, **options).fit()` returns the trained model."""

__all__ = [
    "PTQ",
    "QAT",
    "SSL",
    "TRAINER",
    "Admm",
    "Profit",
    "Reconstruction",
    "Schedule",
    "Supervised",
    "Trainer",
    "TransferLearning",
]
