/* Small loops that a compiler makes much of or nothing, for `cargo xtask bench --table kernels`.
 *
 *   kernels NAME ROUNDS   runs a kernel so many times
 */

#include "kernel.h"

/* C += A · B, rows of n. */
KERNEL void gemm(double *c, const double *a, const double *b, int n)
{
    for (int i = 0; i < n; i++)
        for (int k = 0; k < n; k++) {
            double x = a[i * n + k];
            for (int j = 0; j < n; j++) c[i * n + j] += x * b[k * n + j];
        }
}

/* One step of Jacobi's method: the mean of four neighbours. */
KERNEL void jacobi(double *to, const double *from, int n)
{
    for (int i = 1; i < n - 1; i++)
        for (int j = 1; j < n - 1; j++)
            to[i * n + j] = 0.25 * (from[(i - 1) * n + j] + from[(i + 1) * n + j] + from[i * n + j - 1]
                                    + from[i * n + j + 1]);
}

/* Not memcpy: the elements are changed on the way. */
KERNEL void copy(uint32_t *to, const uint32_t *from, int n)
{
    for (int i = 0; i < n; i++) to[i] = from[i] ^ 0x5a5a5a5a;
}

KERNEL uint32_t byte_sum(const uint8_t *bytes, int n)
{
    uint32_t sum = 0;
    for (int i = 0; i < n; i++) sum += bytes[i];
    return sum;
}

/* In integers: sums of floats may not be reordered. */
KERNEL int32_t dot(const int32_t *a, const int32_t *b, int n)
{
    int32_t sum = 0;
    for (int i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

KERNEL void conditional_store(int32_t *to, const int32_t *from, int limit, int n)
{
    for (int i = 0; i < n; i++)
        if (from[i] > limit) to[i] = from[i] - limit;
}

/* Reads only where it adds. */
KERNEL int32_t conditional_sum(const int32_t *values, const int32_t *keys, int limit, int n)
{
    int32_t sum = 0;
    for (int i = 0; i < n; i++)
        if (keys[i] > limit) sum += values[i];
    return sum;
}

/* A condition in a condition, and bytes. */
KERNEL void saturate(uint8_t *to, const uint8_t *from, int n)
{
    for (int i = 0; i < n; i++)
        if (from[i] != 0 && to[i] < 200) to[i] += from[i];
}

/* The sum of six neighbours in three dimensions, short rows. */
KERNEL void stencil(float *to, const float *from, int n)
{
    for (int x = 1; x < n - 1; x++)
        for (int y = 1; y < n - 1; y++)
            for (int z = 1; z < n - 1; z++) {
                int i = (x * n + y) * n + z;
                to[i] = from[i - 1] + from[i + 1] + from[i - n] + from[i + n] + from[i - n * n] + from[i + n * n];
            }
}

/* Places that are known only when they are read. */
KERNEL void gather(int32_t *to, const int32_t *from, const int32_t *places, int n)
{
    for (int i = 0; i < n; i++) to[i] = from[places[i]];
}

KERNEL void histogram(uint32_t *counts, const uint8_t *bytes, int n)
{
    for (int i = 0; i < n; i++) counts[bytes[i]]++;
}

/* Every third element, from the end. */
KERNEL int32_t strided(const int32_t *values, int n)
{
    int32_t sum = 0;
    for (int i = n - 1; i >= 0; i -= 3) sum ^= values[i];
    return sum;
}

struct node {
    struct node *next;
    int32_t value;
};

KERNEL int32_t pointer_chase(const struct node *node)
{
    int32_t sum = 0;
    for (; node; node = node->next) sum += node->value;
    return sum;
}

#define SLOTS (1u << 16)

KERNEL uint32_t hash_table(uint32_t *keys, uint32_t *values, const uint32_t *input, int n)
{
    uint32_t found = 0;
    for (int i = 0; i < n; i++) {
        uint32_t key = input[i] | 1, slot = key * 2654435761u >> 16;
        while (keys[slot] && keys[slot] != key) slot = (slot + 1) & (SLOTS - 1);
        keys[slot] = key;
        found += values[slot]++;
    }
    return found;
}

/* Literals and matches: a byte says how many of each, two more how far back the match lies. */
KERNEL int lz_decode(uint8_t *to, const uint8_t *from, int n)
{
    const uint8_t *end = from + n;
    uint8_t *start = to;
    while (from < end) {
        int literals = *from & 15, matches = *from >> 4;
        from++;
        while (literals--) *to++ = *from++;
        if (from >= end) break;
        const uint8_t *back = to - (from[0] | from[1] << 8);
        from += 2;
        while (matches--) *to++ = *back++;
    }
    return (int)(to - start);
}

/* Searches: not to be calls of the C library, which native code has in assembly. */
#define SEARCH __attribute__((no_builtin)) KERNEL

SEARCH size_t string_length(const char *string)
{
    const char *end = string;
    while (*end) end++;
    return (size_t)(end - string);
}

SEARCH int compare(const uint8_t *a, const uint8_t *b, size_t n)
{
    for (; n && *a == *b; n--) a++, b++;
    return n ? *a - *b : 0;
}

SEARCH const uint8_t *find_byte(const uint8_t *bytes, int byte, size_t n)
{
    for (; n && *bytes != byte; n--) bytes++;
    return n ? bytes : NULL;
}

SEARCH int find_word(const int32_t *words, int32_t word, int n)
{
    for (int i = 0; i < n; i++)
        if (words[i] == word) return i;
    return -1;
}

SEARCH char *copy_string(char *to, const char *from)
{
    while ((*to = *from)) to++, from++;
    return to;
}

/* Strings one after the other, of up to `most` bytes; their number is even. */
static char *strings(int n, uint32_t most)
{
    char *all = (char *)allocate((size_t)n * (most + 1)), *to = all;
    for (int i = 0; i < n; i++) {
        for (uint32_t left = random32() % (most + 1); left; left--) *to++ = (char)('a' + (random32() >> 8) % 26);
        *to++ = 0;
    }
    return all;
}

static struct node *list(int n)
{
    struct node *nodes = filled((size_t)n * sizeof(struct node));
    /* A step that shares no factor with the length visits all. */
    for (int i = 0; i < n; i++) {
        nodes[i].value = i;
        nodes[i].next = i == n - 1 ? NULL : &nodes[(int64_t)(i + 1) * 7919 % n];
    }
    return nodes;
}

/* Input of `lz_decode`, and how long it is. */
static uint8_t *packed(int tokens, int *length)
{
    uint8_t *bytes = allocate((size_t)tokens * 18 + 16), *to = bytes;
    int written = 0;
    for (int i = 0; i < tokens; i++) {
        int literals = 1 + (int)(random32() >> 29), matches = (int)(random32() >> 28);
        *to++ = (uint8_t)(literals | matches << 4);
        for (int j = 0; j < literals; j++) *to++ = (uint8_t)(random32() >> 24);
        written += literals;
        int back = 1 + (int)(random32() % (uint32_t)(written < 60000 ? written : 60000));
        *to++ = (uint8_t)back;
        *to++ = (uint8_t)(back >> 8);
        written += matches;
    }
    *length = (int)(to - bytes);
    return bytes;
}

int main(int count, char **arguments)
{
    if (count != 3) return 2;
    const char *name = arguments[1];
    int rounds = atoi(arguments[2]);
    int64_t elapsed = 0;
    uint64_t result = 0;

    if (!strcmp(name, "gemm")) {
        int n = one * (192);
        size_t cells = (size_t)n * n;
        double *a = numbers(cells), *b = numbers(cells), *c = numbers(cells);
        TIME(gemm(c, a, b, n));
        result = checksum(c, cells * 8);
    } else if (!strcmp(name, "gemm-small")) {
        int n = one * (16);
        size_t cells = (size_t)n * n;
        double *a = numbers(cells), *b = numbers(cells), *c = numbers(cells);
        TIME(gemm(c, a, b, n));
        result = checksum(c, cells * 8);
    } else if (!strcmp(name, "stencil")) {
        int n = one * (34);
        size_t cells = (size_t)n * n * n;
        float *a = filled(cells * 4), *b = filled(cells * 4);
        for (size_t i = 0; i < cells; i++) a[i] = (float)(i % 17);
        TIME(stencil(b, a, n));
        result = checksum(b, cells * 4);
    } else if (!strcmp(name, "jacobi")) {
        int n = one * (256);
        size_t cells = (size_t)n * n;
        double *a = numbers(cells), *b = numbers(cells);
        TIME((jacobi(b, a, n), jacobi(a, b, n)));
        result = checksum(a, cells * 8);
    } else if (!strcmp(name, "copy")) {
        int n = one * (1 << 14);
        uint32_t *a = filled((size_t)n * 4), *b = filled((size_t)n * 4);
        TIME((copy(b, a, n), copy(a, b, n - 1)));
        result = checksum(a, (size_t)n * 4);
    } else if (!strcmp(name, "byte-sum")) {
        int n = one * (1 << 16);
        uint8_t *a = filled((size_t)n);
        TIME((a[round & 1023]++, result += byte_sum(a, n)));
    } else if (!strcmp(name, "dot")) {
        int n = one * (1 << 14);
        int32_t *a = filled((size_t)n * 4), *b = filled((size_t)n * 4);
        TIME((a[round & 1023]++, result += (uint32_t)dot(a, b, n)));
    } else if (!strcmp(name, "conditional-store")) {
        int n = one * (1 << 14);
        int32_t *a = filled((size_t)n * 4), *b = filled((size_t)n * 4);
        TIME(conditional_store(b, a, round, n));
        result = checksum(b, (size_t)n * 4);
    } else if (!strcmp(name, "conditional-sum")) {
        int n = one * (1 << 14);
        int32_t *a = filled((size_t)n * 4), *b = filled((size_t)n * 4);
        TIME(result += (uint32_t)conditional_sum(a, b, round, n));
    } else if (!strcmp(name, "saturate")) {
        int n = one * (1 << 14);
        uint8_t *a = filled((size_t)n), *b = filled((size_t)n);
        TIME(saturate(b, a, n));
        result = checksum(b, (size_t)n);
    } else if (!strcmp(name, "gather")) {
        int n = one * (1 << 14);
        int32_t *a = filled((size_t)n * 4), *b = filled((size_t)n * 4), *places = filled((size_t)n * 4);
        for (int i = 0; i < n; i++) places[i] = (int32_t)((uint32_t)places[i] % (uint32_t)n);
        TIME(gather(b, a, places, n));
        result = checksum(b, (size_t)n * 4);
    } else if (!strcmp(name, "histogram")) {
        int n = one * (1 << 14);
        uint8_t *a = filled((size_t)n);
        uint32_t *counts = filled(256 * 4);
        TIME(histogram(counts, a, n));
        result = checksum(counts, 256 * 4);
    } else if (!strcmp(name, "strided")) {
        int n = one * (1 << 14);
        int32_t *a = filled((size_t)n * 4);
        TIME((a[n - 1]++, result += (uint32_t)strided(a, n)));
    } else if (!strcmp(name, "pointer-chase")) {
        struct node *nodes = list(1 << 14);
        TIME((nodes[0].value++, result += (uint32_t)pointer_chase(nodes)));
    } else if (!strcmp(name, "hash-table")) {
        int n = one * (1 << 14);
        uint32_t *input = filled((size_t)n * 4), *values = filled(SLOTS * 4);
        uint32_t *keys = memset(allocate(SLOTS * 4), 0, SLOTS * 4);
        TIME(result += hash_table(keys, values, input, n));
    } else if (!strcmp(name, "lz-decode")) {
        int length, n = one * (1 << 14);
        uint8_t *input = packed(n, &length), *output = filled((size_t)n * 32);
        TIME(result += (uint64_t)lz_decode(output, input, length));
        result += checksum(output, (size_t)n);
    } else if (!strcmp(name, "string-length") || !strcmp(name, "string-length-long")) {
        /* More than a processor can learn by heart. */
        int n = one * (name[13] ? 1 << 12 : 1 << 16);
        char *all = strings(n, name[13] ? 500 : 16);
        TIME({
            const char *string = all;
            for (int i = 0; i < n; i++) string += string_length(string) + 1;
            result += (uint64_t)(string - all);
        });
    } else if (!strcmp(name, "compare") || !strcmp(name, "compare-long")) {
        /* Keys of a table, each with the next: equal up to some place. */
        int n = one * (name[7] ? 1 << 12 : 1 << 15), size = name[7] ? 500 : 20;
        uint8_t *keys = filled((size_t)n * (size_t)size);
        for (int i = 1; i < n; i++)
            memcpy(keys + i * size, keys + (i - 1) * size, random32() % (uint32_t)(size + size / 2) % (uint32_t)(size + 1));
        TIME({
            for (int i = 1; i < n; i++) result += (uint64_t)compare(keys + i * size, keys + (i - 1) * size, (size_t)size);
        });
    } else if (!strcmp(name, "find-byte")) {
        int n = one * (1 << 16);
        uint8_t *text = filled((size_t)n);
        TIME({
            const uint8_t *line = text;
            for (; (line = find_byte(line, '\n', (size_t)(text + n - line))); line++) result++;
        });
    } else if (!strcmp(name, "find-word")) {
        int n = one * (1 << 10);
        int32_t *words = filled((size_t)n * 4);
        TIME(result += (uint64_t)find_word(words, words[(round * 7919) & (n - 1)], n));
    } else if (!strcmp(name, "copy-string")) {
        int n = one * (1 << 12);
        char *all = strings(n, 40), *to = (char *)allocate(64);
        TIME({
            const char *string = all;
            for (int i = 0; i < n; i++) string += copy_string(to, string) - to + 1;
            result += (uint64_t)(string - all);
        });
    } else {
        return 2;
    }
    return tell(name, result, elapsed);
}
