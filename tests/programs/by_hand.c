/* What `by_hand.wat` does, natively, for `cargo xtask bench --table kernels`.
 *
 *   by_hand NAME ROUNDS   runs a kernel so many times
 */

#include "kernel.h"

enum { INSTRUCTIONS = 0x8000, WORDS = 64 };

/* An interpreter whose instructions call the next one: a byte's low bits say which. The last ends it. */
typedef uint64_t instruction(const uint8_t *at, uint64_t a, uint64_t b);
static instruction *const instructions[8];
#define NEXT(at, a, b) __attribute__((musttail)) return instructions[(at)[1] & 7]((at) + 1, a, b)

static uint64_t add(const uint8_t *at, uint64_t a, uint64_t b) { NEXT(at, a + b, b); }
static uint64_t swap(const uint8_t *at, uint64_t a, uint64_t b) { NEXT(at, b, a); }
static uint64_t mix(const uint8_t *at, uint64_t a, uint64_t b) { NEXT(at, a, b * 0x9e3779b97f4a7c15u ^ a); }
static uint64_t left(const uint8_t *at, uint64_t a, uint64_t b) { NEXT(at, a << 7 | a >> 57, b); }
static uint64_t shift(const uint8_t *at, uint64_t a, uint64_t b) { NEXT(at, a, b ^ b >> 3); }
static uint64_t count(const uint8_t *at, uint64_t a, uint64_t b) { NEXT(at, a + 1, b); }
/* Leaves out the next one if a number is odd. */
static uint64_t skip(const uint8_t *at, uint64_t a, uint64_t b) { NEXT(at + (a & 1), a, b); }
static uint64_t end(const uint8_t *at, uint64_t a, uint64_t b) { return a ^ b; }
static instruction *const instructions[8] = {add, swap, mix, left, shift, count, skip, end};

/* Numbers of words of 64 bits, multiplied as in school. */
KERNEL uint64_t wide(uint64_t *to, uint64_t *a, const uint64_t *b, int n)
{
    a[0]++;
    memset(to, 0, (size_t)n * 16);
    for (int i = 0; i < n; i++) {
        uint64_t carry = 0;
        for (int j = 0; j < n; j++) {
            unsigned __int128 sum = (unsigned __int128)a[i] * b[j] + to[i + j] + carry;
            to[i + j] = (uint64_t)sum;
            carry = (uint64_t)(sum >> 64);
        }
        to[i + n] = carry;
    }
    return to[n];
}

/* Short copies within an array, and fills, of lengths that follow from its bytes. */
KERNEL uint64_t moves(uint8_t *bytes, int round)
{
    for (int i = 0; i < 4096; i++) {
        uint8_t *at = bytes + 8 * i;
        size_t length = *at & 63;
        memmove(at + 9, at + 200, length);
        memset(at + 300, i + round, length >> 2);
    }
    uint64_t word;
    memcpy(&word, bytes + 0x4000, sizeof word);
    return word;
}

/* A hash that is changed once in some thousand bytes: without a hint each byte computes both and chooses. */
#define HASH(name, is_rare)                                        \
    KERNEL uint32_t name(const uint8_t *bytes, int n, uint32_t sum) \
    {                                                               \
        for (int i = 0; i < n; i++) {                               \
            sum = sum * 0x9e3779b1 + bytes[i];                      \
            if (is_rare) sum = sum >> 9 ^ sum << 3;                 \
        }                                                           \
        return sum;                                                 \
    }
HASH(rare, sum >= 0xffe00000)
HASH(hinted, __builtin_expect(sum >= 0xffe00000, 0))

int main(int argc, char **argv)
{
    if (argc != 3) return 2;
    const char *name = argv[1];
    int rounds = atoi(argv[2]);
    int64_t elapsed = 0;
    uint64_t result = 0;
    if (!strcmp(name, "tail-calls")) {
        uint8_t *program = allocate(INSTRUCTIONS + 2);
        for (int i = 0; i < INSTRUCTIONS; i++) program[i] = (random32() >> 24) % 7;
        program[INSTRUCTIONS] = program[INSTRUCTIONS + 1] = 7;
        TIME(result += instructions[*program & 7](program, (uint64_t)round, 1));
    } else if (!strcmp(name, "wide")) {
        uint8_t *bytes = filled(0x10000);
        TIME(result += wide((uint64_t *)(bytes + 0x2000), (uint64_t *)bytes, (uint64_t *)(bytes + 0x1000), WORDS));
    } else if (!strcmp(name, "moves")) {
        uint8_t *bytes = filled(0x10000);
        TIME(result += moves(bytes, round));
    } else if (!strcmp(name, "rare")) {
        uint8_t *bytes = filled(0x10000);
        TIME(result += rare(bytes, 0x10000, (uint32_t)round));
    } else if (!strcmp(name, "hinted")) {
        uint8_t *bytes = filled(0x10000);
        TIME(result += hinted(bytes, 0x10000, (uint32_t)round));
    } else {
        return 2;
    }
    return tell(name, result, elapsed);
}
