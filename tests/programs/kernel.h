/* What programs of kernels share: inputs, the clock, and a result to print.
 *
 * Kernels get arrays by pointer and are not inlined, so that the compiler sees neither sizes nor whether arrays overlap: as in a
 * library. Arrays have the same places in every build, as seen from the beginning of a page: where `malloc` puts them differs, and
 * makes up to twice the time of a vector loop.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define KERNEL __attribute__((noinline)) static

static uint32_t state = 42;

static uint32_t random32(void)
{
    state ^= state << 13;
    state ^= state >> 17;
    return state ^= state << 5;
}

enum { PAGE = 4096, LINE = 64, ARENA = 16 << 20 };

static uint8_t *allocate(size_t bytes)
{
    static uint8_t *arena;
    static size_t used;
    if (!arena) arena = aligned_alloc(PAGE, ARENA);
    if (!arena || bytes > ARENA - used) exit(1);
    uint8_t *memory = arena + used;
    /* One of several lines apart, so that arrays of whole pages do not begin at the same place of theirs. */
    used += (bytes / LINE + 5) * LINE;
    return memory;
}

static void *filled(size_t bytes)
{
    uint8_t *memory = allocate(bytes);
    for (size_t i = 0; i < bytes; i++) memory[i] = (uint8_t)(random32() >> 24);
    return memory;
}

static double *numbers(size_t count)
{
    double *array = filled(count * sizeof(double));
    for (size_t i = 0; i < count; i++) array[i] = (double)(random32() >> 8) / (1 << 24);
    return array;
}

static uint64_t checksum(const void *memory, size_t bytes)
{
    uint64_t sum = 14695981039346656037u;
    for (size_t i = 0; i + 8 <= bytes; i += 8) {
        uint64_t word;
        memcpy(&word, (const char *)memory + i, 8);
        sum = (sum ^ word) * 1099511628211u;
    }
    return sum;
}

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

#define TIME(statement)                                    \
    do {                                                   \
        int64_t started = now();                           \
        for (int round = 0; round < rounds; round++) {     \
            statement;                                     \
        }                                                  \
        elapsed = now() - started;                         \
    } while (0)

/* Not known when compiling, so that no kernel is specialised to it. */
static volatile int one = 1;

/* Prints what a kernel gave, and on standard error the nanoseconds it took. */
static int tell(const char *name, uint64_t result, int64_t elapsed)
{
    printf("%s %016llx\n", name, (unsigned long long)result);
    fprintf(stderr, "%lld\n", (long long)elapsed);
    return 0;
}
