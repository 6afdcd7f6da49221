"""What goes out: data set and codebook; the only package that knows pandas."""
