"""Losses that need no labels, one file each; every one is a function, or a class with one method, found by name."""

from t2c.ssl_losses.base import SSL_LOSSES, LabelFreeLoss, find_ssl_loss, ssl_loss_of

__all__ = ["SSL_LOSSES", "LabelFreeLoss", "find_ssl_loss", "ssl_loss_of"]
