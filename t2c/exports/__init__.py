"""What a converted network is written as; one file per format."""
