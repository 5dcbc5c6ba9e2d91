/* Input for the corpus of `cargo xtask bench --table corpus`: the same bytes on every machine, and a checksum of what comes out. */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* PCG, 32 bits of output. */
static uint64_t random_state = 42;

static inline uint32_t random32(void)
{
    uint64_t old = random_state;
    random_state = old * 6364136223846793005u + 1442695040888963407u;
    uint32_t mixed = (uint32_t)(((old >> 18) ^ old) >> 27);
    uint32_t turn = (uint32_t)(old >> 59);
    return mixed >> turn | mixed << (-turn & 31);
}

/* Words of made-up syllables, the frequent ones more often, in sentences: compresses about as English does. */
static inline void fill_text(char *text, size_t length)
{
    static const char *const syllables[] = {
        "an", "bel", "cor", "da", "el", "fin", "gra", "ho", "is", "jo", "ka", "lu", "mar", "no", "ol", "pe",
        "qui", "ra", "sen", "ti", "ul", "ver", "wo", "xe", "y", "zan", "th", "str", "ing", "er", "ed", "s",
    };
    char words[2048][16];
    for (int i = 0; i < 2048; i++) {
        words[i][0] = 0;
        for (uint32_t parts = 1 + random32() % 4; parts > 0; parts--) strcat(words[i], syllables[random32() % 32]);
    }
    size_t at = 0;
    int in_sentence = 0;
    while (at < length) {
        uint32_t bits = random32();
        const char *word = words[bits % (1u << (3 + (bits >> 16) % 9))];
        for (; *word && at < length; word++) text[at++] = *word;
        const char *after = ++in_sentence % 12 ? " " : (bits >> 28 ? ". " : ".\n");
        for (; *after && at < length; after++) text[at++] = *after;
    }
}

static inline uint64_t checksum(const void *bytes, size_t length)
{
    const unsigned char *byte = bytes;
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < length; i++) hash = (hash ^ byte[i]) * 1099511628211u;
    return hash;
}

static inline int rounds(int argc, char **argv)
{
    return argc > 1 ? atoi(argv[1]) : 1;
}

static inline void require(int condition, const char *what)
{
    if (condition) return;
    fprintf(stderr, "failed: %s\n", what);
    exit(1);
}

enum { TEXT = 1 << 20 };
