"""What `make roms` writes: one folder with memory images, program, stimulus and expected words, and one manifest."""
