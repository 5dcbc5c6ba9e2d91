/*
 * The runtime of WebAssembly modules that `wootz compile --emit obj` has made objects of.
 *
 * Every object comes with a header of its own, which includes this one and declares the module's exports. This
 * header has what all of them share: traps, WASI, vectors. docs/objects.md is the tutorial.
 *
 *     cc main.c lib.o -lwootz_rt -lm -lpthread -ldl
 *
 * Instances are independent of each other. One may move between threads and is used by one at a time; different
 * ones run in different threads at the same time.
 */
#ifndef WOOTZ_RT_H
#define WOOTZ_RT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A trap, or another reason why a call did not return results.
 *
 * A function that can trap takes `wootz_trap_t **trap` as its last parameter. It sets *trap to null, or, if it traps,
 * to a trap that the caller owns and frees; the results are zero then, and the instance can be used on. If `trap`
 * itself is null, a trap is written to the standard error and the process aborted.
 */
typedef struct wootz_trap_t wootz_trap_t;

typedef enum wootz_trap_code_t {
    WOOTZ_TRAP_UNREACHABLE = 1,
    WOOTZ_TRAP_MEMORY_OUT_OF_BOUNDS = 2,
    WOOTZ_TRAP_TABLE_OUT_OF_BOUNDS = 3,
    WOOTZ_TRAP_UNDEFINED_ELEMENT = 4,
    WOOTZ_TRAP_UNINITIALIZED_ELEMENT = 5,
    WOOTZ_TRAP_INDIRECT_CALL_TYPE_MISMATCH = 6,
    WOOTZ_TRAP_INTEGER_DIVIDE_BY_ZERO = 7,
    WOOTZ_TRAP_INTEGER_OVERFLOW = 8,
    WOOTZ_TRAP_INVALID_CONVERSION_TO_INTEGER = 9,
    WOOTZ_TRAP_STACK_EXHAUSTED = 10,
    WOOTZ_TRAP_NULL_REFERENCE = 11,
    WOOTZ_TRAP_UNALIGNED_ATOMIC = 12,
    WOOTZ_TRAP_INTERRUPTED = 13,
    /* An imported function failed, with the trap that it set. */
    WOOTZ_TRAP_PENDING = 14,
    WOOTZ_TRAP_NULL_FUNCTION_REFERENCE = 15,
    WOOTZ_TRAP_EXPECTED_SHARED_MEMORY = 16,
    WOOTZ_TRAP_OUT_OF_FUEL = 17,
    /* The guest ended itself through WASI: wootz_trap_exit_status has its status. */
    WOOTZ_TRAP_EXIT = 256,
    /* No guest code was at fault: no memory, an import that is missing, an argument that does not fit. */
    WOOTZ_TRAP_ERROR = 257
} wootz_trap_code_t;

/* A trap with this message, for an imported function to set. Null is an empty message. */
wootz_trap_t *wootz_trap_new(const char *message);
/* Why. */
wootz_trap_code_t wootz_trap_code(const wootz_trap_t *trap);
/* The message, with the functions that were active and where; it lives as long as the trap. */
const char *wootz_trap_message(const wootz_trap_t *trap);
/* The status that a guest has ended itself with; 0 for any other trap. */
int32_t wootz_trap_exit_status(const wootz_trap_t *trap);
/* Frees a trap; null is none. */
void wootz_trap_free(wootz_trap_t *trap);

/* A vector, lane 0 first. */
typedef union wootz_v128_t {
    uint8_t u8[16];
    uint16_t u16[8];
    uint32_t u32[4];
    uint64_t u64[2];
    float f32[4];
    double f64[2];
} wootz_v128_t;

/*
 * A reference to a function, opaque: it can be handed back to the instance that it came from. A reference to
 * something of the host's is a plain pointer, which WebAssembly only keeps.
 */
typedef struct wootz_func_t wootz_func_t;

/*
 * What an instance sees through WASI preview 1: arguments, variables and directories that it is given, and no others.
 * Any number of instances can be made with one; mistakes are told when one is made.
 */
typedef struct wootz_wasi_t wootz_wasi_t;

/* Nothing: no arguments, variables or directories, empty input, output that goes nowhere. */
wootz_wasi_t *wootz_wasi_new(void);
/* Adds an argument; the first is the program's name. */
void wootz_wasi_arg(wootz_wasi_t *wasi, const char *argument);
/* Sets a variable of the environment. */
void wootz_wasi_env(wootz_wasi_t *wasi, const char *name, const char *value);
/* Lets the guest use a directory under a name of its own. */
void wootz_wasi_dir(wootz_wasi_t *wasi, const char *host_path, const char *guest_name);
/* Lets the guest use the standard streams of this process. */
void wootz_wasi_inherit_stdio(wootz_wasi_t *wasi);
/* Frees it; null is none. Instances made with it go on. */
void wootz_wasi_free(wootz_wasi_t *wasi);

#ifdef __cplusplus
}
#endif

#endif /* WOOTZ_RT_H */
