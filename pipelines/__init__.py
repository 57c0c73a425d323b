"""Hardware made for one network: a pipeline with its constants in logic (docs/pipelines.md)."""
