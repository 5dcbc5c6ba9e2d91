// Text and tables, for the measure of debug information: characters, unsigned numbers of all widths, switches, early ends.
#include <stdint.h>

enum kind { END, NUMBER, PLUS, TIMES, OPEN, CLOSE, BAD };

struct token {
    enum kind kind;
    unsigned value;
};

struct reader {
    const char *text;
    unsigned at;
    struct token ahead;
};

static uint32_t hash(const char *text) {
    uint32_t state = 2166136261u;
    for (const char *at = text; *at; at++) {
        uint8_t byte = (uint8_t)*at;
        state ^= byte;
        state *= 16777619u;
    }
    return state;
}

static unsigned length(const char *text) {
    unsigned count = 0;
    while (text[count]) {
        count++;
    }
    return count;
}

static void advance(struct reader *reader) {
    char c = reader->text[reader->at];
    struct token next = {BAD, 0};
    if (c >= '0' && c <= '9') {
        next.kind = NUMBER;
        while (c >= '0' && c <= '9') {
            next.value = next.value * 10 + (unsigned)(c - '0');
            reader->at++;
            c = reader->text[reader->at];
        }
        reader->ahead = next;
        return;
    }
    switch (c) {
    case '+':
        next.kind = PLUS;
        break;
    case '*':
        next.kind = TIMES;
        break;
    case '(':
        next.kind = OPEN;
        break;
    case ')':
        next.kind = CLOSE;
        break;
    case 0:
        next.kind = END;
        break;
    }
    reader->at += c != 0;
    reader->ahead = next;
}

static unsigned sum(struct reader *reader);

static unsigned atom(struct reader *reader) {
    struct token token = reader->ahead;
    advance(reader);
    if (token.kind == OPEN) {
        unsigned inner = sum(reader);
        advance(reader);
        return inner;
    }
    return token.value;
}

static unsigned product(struct reader *reader) {
    unsigned value = atom(reader);
    while (reader->ahead.kind == TIMES) {
        advance(reader);
        unsigned factor = atom(reader);
        value *= factor;
    }
    return value;
}

static unsigned sum(struct reader *reader) {
    unsigned value = product(reader);
    while (reader->ahead.kind == PLUS) {
        advance(reader);
        unsigned addend = product(reader);
        value += addend;
    }
    return value;
}

static uint64_t mix(uint64_t seed, uint16_t step, int8_t turn) {
    uint64_t x = seed;
    for (int round = 0; round < 3; round++) {
        uint64_t high = x >> 32;
        uint32_t low = (uint32_t)x;
        x = high * step + low;
        x ^= (uint64_t)(int64_t)turn << 7;
    }
    return x;
}

const char *formula = "2*(3+4)+50*2";
const char *word = "coverage";
uint64_t start = 0x123456789abcdef0u;

int main(void) {
    struct reader reader = {formula, 0, {END, 0}};
    advance(&reader);
    unsigned value = sum(&reader);
    uint32_t code = hash(word);
    unsigned bytes = length(formula);
    uint64_t mixed = mix(start, 771, -3);
    return value + code + bytes + (unsigned)mixed == 0;
}
