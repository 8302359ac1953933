"""Each feature in words: a sentence made of the data, and what a language model says of it."""
