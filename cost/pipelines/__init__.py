"""What a pipeline of a network costs, and its netlist behind the accelerator door (docs/pipelines.md)."""
