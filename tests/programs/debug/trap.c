// A fault in linear memory and one by an instruction, for scripted debugger sessions.
#include <stdint.h>

struct cell {
    int value;
    struct cell *next;
};

static struct cell *far_away(struct cell *cell) {
    return (struct cell *)((uintptr_t)cell + 0x7fff0000);
}

__attribute__((noinline)) int follow(struct cell *cell, int depth) {
    if (depth == 0) {
        return far_away(cell)->value; // mark: fault
    }
    return follow(cell->next, depth - 1) + cell->value; // mark: call
}

__attribute__((noinline)) int refuse(int reason) {
    __builtin_trap(); // mark: trap
    return reason;
}

int main(int count, char **arguments) {
    (void)arguments;
    struct cell last = {7, 0};
    struct cell first = {5, &last};
    last.next = &first;
    return count > 1 ? refuse(count) : follow(&first, 2); // mark: main
}
