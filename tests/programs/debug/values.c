// Values of every kind, for scripted debugger sessions: `crates/cli/tests/debuggers` stops at the lines with a mark.
#include <stdint.h>
#include <stdio.h>

enum colour { RED, GREEN = 5, BLUE };

union number {
    uint32_t bits;
    float value;
};

struct flags {
    unsigned low : 3;
    unsigned high : 5;
    int sign : 4;
};

struct node {
    int value;
    const char *name;
    struct node *next;
};

struct shape {
    enum colour colour;
    union number number;
    struct flags flags;
    double weights[3];
    struct node *nodes[2];
};

typedef struct node *list;

int counter = 41;
static struct node last = {3, "last", 0};
struct node middle = {2, "middle", &last};
const char *greeting = "hello, debugger";

__attribute__((noinline)) int total(list first) {
    int sum = 0;
    for (struct node *node = first; node; node = node->next) {
        sum += node->value; // mark: loop
    }
    return sum; // mark: total
}

static inline __attribute__((always_inline)) int twice(int number) {
    int doubled = number * 2;
    counter += doubled; // mark: inlined
    return doubled;
}

__attribute__((noinline)) int factorial(int n) {
    if (n <= 1) {
        return 1; // mark: bottom
    }
    return n * factorial(n - 1);
}

__attribute__((noinline)) int describe(struct shape *shape, float ratio, int64_t big, unsigned char small) {
    int scaled = (int)(ratio * 10);
    counter += scaled + (int)big + small; // mark: describe
    return shape->nodes[0]->value + scaled;
}

int main(void) {
    struct node first = {1, "first", &middle};
    struct shape shape = {GREEN, {.value = 1.5f}, {5, 17, -3}, {0.5, 1.25, 2}, {&first, &last}};
    int sum = total(&first);
    sum += twice(sum);
    sum += factorial(4);
    sum += describe(&shape, 2.5f, 1234567890123, 200);
    printf("%d %d %s\n", sum, counter, greeting); // mark: main
    return 0; // mark: end
}
