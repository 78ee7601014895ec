"""The rules of Assay: pure, synchronous, standard library only, frozen values."""
