// Prefetches for a compiler that drops them: those of the hint, if it is asked for.
#if defined(__wasm__) && defined(WITH_HINTS)
__attribute__((import_module("wootz"), import_name("prefetch"))) void wootz_prefetch(const void *address);
#define __builtin_prefetch(address, ...) wootz_prefetch(address)
#endif
