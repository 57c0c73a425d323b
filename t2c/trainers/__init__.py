"""Trainers, by name: supervised (float models), ptq (post-training quantisation), qat (quantisation-aware training)."""

from t2c.trainers.base import Trainer
from t2c.trainers.loop import Schedule
from t2c.trainers.profit import Profit
from t2c.trainers.ptq import PTQ
from t2c.trainers.qat import QAT
from t2c.trainers.reconstruction import Reconstruction
from t2c.trainers.supervised import Supervised

TRAINER: dict[str, type[Trainer]] = {trainer.name: trainer for trainer in (Supervised, PTQ, QAT, Profit)}
"""`TRAINER[name](model, data, **options).fit()` returns the trained model."""

__all__ = ["PTQ", "QAT", "TRAINER", "Profit", "Reconstruction", "Schedule", "Supervised", "Trainer"]
