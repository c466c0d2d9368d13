//! tos-local
