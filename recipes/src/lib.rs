//! Training and evaluation: interactions in, a vector pack and metrics out. Pure CPU, seeded, one file per recipe.
