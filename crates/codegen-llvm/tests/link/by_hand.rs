//! Objects with single sections, symbols and relocations.
