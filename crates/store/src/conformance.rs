//! Public test functions that every store must pass.
