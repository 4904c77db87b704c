"""The vocabulary, in English and Chinese, independent of instructions."""
