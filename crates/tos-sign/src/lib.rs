//! tos-sign
