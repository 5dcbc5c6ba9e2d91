/* Counts the words of its standard input, most frequent first.
 *
 *   words [COUNT] < TEXT
 *
 * A word is a run of ASCII letters, apostrophes within it, and every byte of a letter beyond ASCII. Capitals of ASCII
 * count as small letters. Words of equal count come in the order of their bytes.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct word {
    char *text;
    uint32_t hash;
    unsigned count;
};

/* Open addressing: a free slot has no text. At least half of the slots are free. */
static struct word *table;
static size_t slots, used;

static void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count, size);
    if (!memory) {
        fprintf(stderr, "words: out of memory\n");
        exit(1);
    }
    return memory;
}

static struct word *find(const char *text, uint32_t hash)
{
    size_t slot = hash & (slots - 1);
    while (table[slot].text && (table[slot].hash != hash || strcmp(table[slot].text, text) != 0)) {
        slot = (slot + 1) & (slots - 1);
    }
    return &table[slot];
}

static void grow(void)
{
    struct word *old = table;
    size_t count = slots;
    slots = slots ? 2 * slots : 1024;
    table = allocate(slots, sizeof *table);
    for (size_t i = 0; i < count; i++) {
        if (old[i].text) *find(old[i].text, old[i].hash) = old[i];
    }
    free(old);
}

static void add(const char *text, size_t length, uint32_t hash)
{
    if (2 * used >= slots) grow();
    struct word *word = find(text, hash);
    if (!word->text) {
        word->text = allocate(length + 1, 1);
        memcpy(word->text, text, length);
        word->hash = hash;
        used++;
    }
    word->count++;
}

static int is_letter(int c)
{
    return (c >= 'a' && c <= 'z') || c >= 0x80;
}

static unsigned long read_words(void)
{
    static char text[256];
    size_t length = 0;
    unsigned long total = 0;
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (;;) {
        int c = getchar();
        if (c >= 'A' && c <= 'Z') c += 'a' - 'A';
        if (c != EOF && (is_letter(c) || (c == '\'' && length > 0)) && length < sizeof text - 1) {
            text[length++] = (char)c;
            hash = (hash ^ (uint32_t)c) * 16777619u;
            continue;
        }
        if (length > 0) {
            text[length] = 0;
            add(text, length, hash);
            total++;
            length = 0;
            hash = 2166136261u;
        }
        if (c == EOF) return total;
        if (is_letter(c)) ungetc(c, stdin); /* a word too long for the buffer goes on as another */
    }
}

static int by_count(const void *a, const void *b)
{
    const struct word *x = a, *y = b;
    if (x->count != y->count) return x->count < y->count ? 1 : -1;
    return strcmp(x->text, y->text);
}

int main(int argc, char **argv)
{
    int count = argc == 2 ? atoi(argv[1]) : 20;
    if (argc > 2 || count < 1) {
        fprintf(stderr, "usage: words [COUNT] < TEXT\n");
        return 2;
    }
    unsigned long total = read_words();
    size_t next = 0;
    for (size_t i = 0; i < slots; i++) {
        if (table[i].text) table[next++] = table[i];
    }
    if (used) qsort(table, used, sizeof *table, by_count);
    for (size_t i = 0; i < used && i < (size_t)count; i++) {
        printf("%8u  %5.2f%%  %s\n", table[i].count, 100.0 * table[i].count / (double)total, table[i].text);
    }
    printf("%lu words, %zu different\n", total, used);
    return ferror(stdin) ? 1 : 0;
}
