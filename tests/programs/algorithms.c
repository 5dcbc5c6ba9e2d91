/* Algorithms as programs are made of them, for `cargo xtask bench --table kernels`: branches, calls and small data rather than loops over arrays.
 *
 *   algorithms NAME ROUNDS   runs a kernel so many times
 */

#include "kernel.h"

/* Quicksort with the middle of three as pivot; insertion sort below 16 elements. */
KERNEL void sort(uint32_t *values, int n)
{
    while (n > 16) {
        uint32_t a = values[0], b = values[n / 2], c = values[n - 1];
        uint32_t pivot = a < b ? (b < c ? b : a < c ? c : a) : (a < c ? a : b < c ? c : b);
        int i = 0, j = n - 1;
        while (i <= j) {
            while (values[i] < pivot) i++;
            while (values[j] > pivot) j--;
            if (i > j) break;
            uint32_t other = values[i];
            values[i++] = values[j];
            values[j--] = other;
        }
        sort(values, j + 1);
        values += i;
        n -= i;
    }
    for (int i = 1; i < n; i++) {
        uint32_t value = values[i];
        int j = i;
        for (; j > 0 && values[j - 1] > value; j--) values[j] = values[j - 1];
        values[j] = value;
    }
}

/* Murmur's mixing over whole words. */
KERNEL uint32_t hash(const uint8_t *bytes, int n)
{
    uint32_t sum = 0;
    for (int i = 0; i + 4 <= n; i += 4) {
        uint32_t word;
        memcpy(&word, bytes + i, 4);
        word *= 0xcc9e2d51;
        word = (word << 15 | word >> 17) * 0x1b873593;
        sum ^= word;
        sum = (sum << 13 | sum >> 19) * 5 + 0xe6546b64;
    }
    return sum ^ sum >> 16;
}

/* Occurrences of a word, after Horspool. */
KERNEL int search(const char *text, int n, const char *word, int m)
{
    int found = 0, shift[256];
    for (int i = 0; i < 256; i++) shift[i] = m;
    for (int i = 0; i < m - 1; i++) shift[(uint8_t)word[i]] = m - 1 - i;
    for (int at = 0; at + m <= n; at += shift[(uint8_t)text[at + m - 1]]) {
        int i = m - 1;
        while (i >= 0 && text[at + i] == word[i]) i--;
        found += i < 0;
    }
    return found;
}

/* Sums the numbers in nested brackets, each times how deep it is, by recursive descent. */
struct parser {
    const char *at;
    int64_t sum;
};

KERNEL void parse(struct parser *parser, int depth)
{
    while (*parser->at) {
        char c = *parser->at++;
        if (c == '[') parse(parser, depth + 1);
        else if (c == ']') return;
        else if (c >= '0' && c <= '9') {
            int64_t number = c - '0';
            for (; *parser->at >= '0' && *parser->at <= '9'; parser->at++) number = number * 10 + (*parser->at - '0');
            parser->sum += number * depth;
        }
    }
}

/* Takeuchi's function: nothing but calls and comparisons. */
KERNEL int recursion(int x, int y, int z)
{
    return y < x ? recursion(recursion(x - 1, y, z), recursion(y - 1, z, x), recursion(z - 1, x, y)) : z;
}

typedef uint32_t (*operation)(uint32_t, uint32_t);
static uint32_t plus(uint32_t a, uint32_t b) { return a + b; }
static uint32_t minus(uint32_t a, uint32_t b) { return a - b; }
static uint32_t times(uint32_t a, uint32_t b) { return a * (b | 1); }
static uint32_t either(uint32_t a, uint32_t b) { return a ^ b; }
static uint32_t turned(uint32_t a, uint32_t b) { return a << (b & 31) | a >> (-b & 31); }
static const operation operations[] = {plus, minus, times, either, turned, minus, either, plus};

/* A program of function pointers, as in simple interpreters. */
KERNEL uint32_t indirect_calls(const uint8_t *program, int n)
{
    uint32_t value = 1;
    for (int i = 0; i < n; i++) value = operations[program[i] & 7](value, program[i]);
    return value;
}

struct tree {
    struct tree *left, *right;
};

static struct tree *grown(int depth)
{
    struct tree *tree = malloc(sizeof *tree);
    if (!tree) exit(1);
    tree->left = depth ? grown(depth - 1) : NULL;
    tree->right = depth ? grown(depth - 1) : NULL;
    return tree;
}

static int felled(struct tree *tree)
{
    if (!tree) return 0;
    int count = 1 + felled(tree->left) + felled(tree->right);
    free(tree);
    return count;
}

/* Binary trees that are made and freed again. */
KERNEL int trees(int depth) { return felled(grown(depth)); }

struct body {
    double at[3], speed[3], mass;
};

KERNEL void nbody(struct body *bodies, int n, double step)
{
    for (int i = 0; i < n; i++)
        for (int j = i + 1; j < n; j++) {
            double d[3], square = 0.01;
            for (int k = 0; k < 3; k++) {
                d[k] = bodies[i].at[k] - bodies[j].at[k];
                square += d[k] * d[k];
            }
            double force = step / (square * __builtin_sqrt(square));
            for (int k = 0; k < 3; k++) {
                bodies[i].speed[k] -= d[k] * bodies[j].mass * force;
                bodies[j].speed[k] += d[k] * bodies[i].mass * force;
            }
        }
    for (int i = 0; i < n; i++)
        for (int k = 0; k < 3; k++) bodies[i].at[k] += step * bodies[i].speed[k];
}

/* Prime numbers below n, after Eratosthenes. */
KERNEL int sieve(uint8_t *composite, int n)
{
    int primes = 0;
    memset(composite, 0, (size_t)n);
    for (int i = 2; i < n; i++) {
        if (composite[i]) continue;
        primes++;
        for (int j = 2 * i; j < n; j += i) composite[j] = 1;
    }
    return primes;
}

/* A product of large numbers, in 32-bit digits, as at school. */
KERNEL void multiply(uint32_t *product, const uint32_t *a, const uint32_t *b, int n)
{
    memset(product, 0, (size_t)n * 8);
    for (int i = 0; i < n; i++) {
        uint64_t carry = 0;
        for (int j = 0; j < n; j++) {
            carry += (uint64_t)a[i] * b[j] + product[i + j];
            product[i + j] = (uint32_t)carry;
            carry >>= 32;
        }
        product[i + n] = (uint32_t)carry;
    }
}

typedef uint32_t vector __attribute__((vector_size(16)));

static vector turn(vector v, int by) { return v << by | v >> (32 - by); }

/* Blocks of ChaCha20, in vectors of four words. */
KERNEL void chacha(uint32_t *to, const uint32_t *key, int blocks)
{
    vector start[4];
    memcpy(start, key, sizeof start);
    for (int block = 0; block < blocks; block++) {
        vector a = start[0], b = start[1], c = start[2], d = start[3];
        for (int round = 0; round < 20; round++) {
            a += b, d = turn(d ^ a, 16);
            c += d, b = turn(b ^ c, 12);
            a += b, d = turn(d ^ a, 8);
            c += d, b = turn(b ^ c, 7);
            /* Columns become diagonals, and diagonals columns. */
            if (round & 1) {
                b = __builtin_shufflevector(b, b, 3, 0, 1, 2);
                d = __builtin_shufflevector(d, d, 1, 2, 3, 0);
            } else {
                b = __builtin_shufflevector(b, b, 1, 2, 3, 0);
                d = __builtin_shufflevector(d, d, 3, 0, 1, 2);
            }
            c = __builtin_shufflevector(c, c, 2, 3, 0, 1);
        }
        vector result[4] = {a + start[0], b + start[1], c + start[2], d + start[3]};
        memcpy(to + 16 * block, result, sizeof result);
        start[3][0]++;
    }
}

/* Lower-case words. */
static char *text(size_t bytes)
{
    char *text = filled(bytes);
    for (size_t i = 0; i < bytes; i++) text[i] = (uint8_t)text[i] % 6 ? (char)('a' + (uint8_t)text[i] % 20) : ' ';
    return text;
}

/* Numbers in brackets that close where they opened. */
static char *brackets(size_t bytes)
{
    char *text = (char *)allocate(bytes + 64), *at = text;
    int depth = 0;
    while (at < text + bytes) {
        uint32_t choice = random32() >> 24;
        if (choice < 60 && depth < 30) *at++ = '[', depth++;
        else if (choice < 110 && depth) *at++ = ']', depth--;
        else at += sprintf(at, "%u,", random32() >> (choice & 31));
    }
    memset(at, ']', (size_t)depth);
    at[depth] = 0;
    return text;
}

int main(int count, char **arguments)
{
    if (count != 3) return 2;
    const char *name = arguments[1];
    int rounds = atoi(arguments[2]);
    int64_t elapsed = 0;
    uint64_t result = 0;

    if (!strcmp(name, "sort")) {
        int n = one * (1 << 14);
        uint32_t *input = filled((size_t)n * 4), *values = filled((size_t)n * 4);
        TIME((memcpy(values, input, (size_t)n * 4), sort(values, n)));
        result = checksum(values, (size_t)n * 4);
    } else if (!strcmp(name, "hash")) {
        int n = one * (1 << 16);
        uint8_t *bytes = filled((size_t)n);
        TIME((bytes[round & 1023]++, result += hash(bytes, n)));
    } else if (!strcmp(name, "search")) {
        int n = one * (1 << 16);
        char *haystack = text((size_t)n);
        TIME((haystack[round & 1023] ^= 1, result += (uint64_t)search(haystack, n, "ale", one * 3)));
    } else if (!strcmp(name, "parse")) {
        char *input = brackets((size_t)one << 16);
        struct parser parser = {0};
        TIME((parser.at = input, parse(&parser, 0)));
        result = (uint64_t)parser.sum;
    } else if (!strcmp(name, "recursion")) {
        TIME(result += (uint64_t)recursion(one * 14, 7, 1));
    } else if (!strcmp(name, "indirect-calls")) {
        int n = one * (1 << 14);
        uint8_t *program = filled((size_t)n);
        TIME((program[round & 1023]++, result += indirect_calls(program, n)));
    } else if (!strcmp(name, "trees")) {
        TIME(result += (uint64_t)trees(one * 12));
    } else if (!strcmp(name, "nbody")) {
        int n = one * 5;
        struct body *bodies = (struct body *)numbers((size_t)n * 7);
        TIME(nbody(bodies, n, 0.001));
        result = checksum(bodies, (size_t)n * sizeof *bodies);
    } else if (!strcmp(name, "sieve")) {
        int n = one * (1 << 16);
        uint8_t *composite = filled((size_t)n);
        TIME(result += (uint64_t)sieve(composite, n));
    } else if (!strcmp(name, "multiply")) {
        int n = one * 128;
        uint32_t *a = filled((size_t)n * 4), *b = filled((size_t)n * 4), *product = filled((size_t)n * 8);
        TIME((a[round & 127]++, multiply(product, a, b, n)));
        result = checksum(product, (size_t)n * 8);
    } else if (!strcmp(name, "chacha")) {
        int blocks = one * 256;
        uint32_t *key = filled(64), *to = filled((size_t)blocks * 64);
        TIME((key[round & 7]++, chacha(to, key, blocks)));
        result = checksum(to, (size_t)blocks * 64);
    } else {
        return 2;
    }
    return tell(name, result, elapsed);
}
