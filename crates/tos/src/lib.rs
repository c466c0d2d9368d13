//! tos
