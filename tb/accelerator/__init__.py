"""Any complete accelerator of a user's, at the level of its ports: described, driven, compared with golden."""
