fn main() { tern_lib::run(); }
