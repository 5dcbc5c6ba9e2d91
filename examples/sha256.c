/* SHA-256 of files (FIPS 180-4), printed as sha256sum does.
 *
 *   sha256 [FILE]...
 *
 * Without a file, or for the file "-", reads standard input. Exits with 1 if a file cannot be read.
 */

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct sha256 {
    uint32_t state[8];
    uint8_t block[64];
    uint64_t length; /* bytes so far; what is left over of them is in the block */
};

static const uint32_t start[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

/* The first 32 bits of the fraction of the cube roots of the first 64 primes, found at start-up with integers. */
static uint32_t constants[64];

static void find_constants(void)
{
    int count = 0;
    for (uint64_t n = 2; count < 64; n++) {
        int prime = 1;
        for (uint64_t d = 2; d * d <= n; d++) prime &= n % d != 0;
        if (!prime) continue;
        /* The largest root with root^3 <= n * 2^96, by bits; root < 2^35, so the cube needs 105 bits. */
        uint64_t root = 0;
        for (int bit = 34; bit >= 0; bit--) {
            uint64_t trial = root | (uint64_t)1 << bit;
            if ((unsigned __int128)trial * trial * trial <= (unsigned __int128)n << 96) root = trial;
        }
        constants[count++] = (uint32_t)root;
    }
}

static uint32_t rotate(uint32_t x, int by)
{
    return x >> by | x << (32 - by);
}

static void compress(uint32_t state[8], const uint8_t *block)
{
    uint32_t w[64], s[8];
    for (int i = 0; i < 16; i++) {
        const uint8_t *b = block + 4 * i;
        w[i] = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
    }
    for (int i = 16; i < 64; i++) {
        uint32_t x = w[i - 15], y = w[i - 2];
        w[i] = w[i - 16] + w[i - 7] + (rotate(x, 7) ^ rotate(x, 18) ^ x >> 3) + (rotate(y, 17) ^ rotate(y, 19) ^ y >> 10);
    }
    memcpy(s, state, sizeof s);
    for (int i = 0; i < 64; i++) {
        uint32_t choice = (s[4] & s[5]) ^ (~s[4] & s[6]);
        uint32_t majority = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
        uint32_t t1 = s[7] + (rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25)) + choice + constants[i] + w[i];
        uint32_t t2 = (rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22)) + majority;
        memmove(s + 1, s, 7 * sizeof *s);
        s[4] += t1;
        s[0] = t1 + t2;
    }
    for (int i = 0; i < 8; i++) state[i] += s[i];
}

static void update(struct sha256 *hash, const uint8_t *bytes, size_t count)
{
    size_t left = hash->length % 64;
    hash->length += count;
    if (left + count < 64) {
        memcpy(hash->block + left, bytes, count);
        return;
    }
    if (left) {
        memcpy(hash->block + left, bytes, 64 - left);
        compress(hash->state, hash->block);
        bytes += 64 - left;
        count -= 64 - left;
    }
    for (; count >= 64; bytes += 64, count -= 64) compress(hash->state, bytes);
    memcpy(hash->block, bytes, count);
}

static void finish(struct sha256 *hash, uint8_t digest[32])
{
    static const uint8_t padding[64] = {0x80};
    uint8_t bits[8];
    for (int i = 0; i < 8; i++) bits[i] = (uint8_t)(hash->length * 8 >> (56 - 8 * i));
    update(hash, padding, 1 + (119 - hash->length % 64) % 64);
    update(hash, bits, 8);
    for (int i = 0; i < 32; i++) digest[i] = (uint8_t)(hash->state[i / 4] >> (24 - 8 * (i % 4)));
}

static int print_hash(const char *name)
{
    static uint8_t buffer[1 << 16];
    FILE *file = strcmp(name, "-") == 0 ? stdin : fopen(name, "rb");
    struct sha256 hash = {.length = 0};
    size_t count;
    uint8_t digest[32];
    if (!file) {
        fprintf(stderr, "sha256: %s: cannot be opened (%s)\n", name, errno == ENOENT ? "not found" : "error");
        return 1;
    }
    memcpy(hash.state, start, sizeof start);
    while ((count = fread(buffer, 1, sizeof buffer, file)) > 0) update(&hash, buffer, count);
    if (ferror(file)) {
        fprintf(stderr, "sha256: %s: cannot be read\n", name);
        if (file != stdin) fclose(file);
        return 1;
    }
    if (file != stdin) fclose(file);
    finish(&hash, digest);
    for (int i = 0; i < 32; i++) printf("%02x", digest[i]);
    printf("  %s\n", name);
    return 0;
}

int main(int argc, char **argv)
{
    int failed = 0;
    find_constants();
    if (argc < 2) return print_hash("-");
    for (int i = 1; i < argc; i++) failed |= print_hash(argv[i]);
    return failed;
}
