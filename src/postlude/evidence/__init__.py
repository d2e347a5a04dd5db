"""What published results say together. Knows numbers and names, no disease and no treatment: pure functions."""
