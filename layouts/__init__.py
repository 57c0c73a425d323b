"""How a tensor lies in memory words or beats: the pattern that says it, and the map from elements to words and back."""
