/* Lua asks for this header. The C library for WASI has none, and the corpus builds Lua so that it does not jump. */
