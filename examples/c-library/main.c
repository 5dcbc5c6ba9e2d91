/* A C program that calls a WebAssembly library: docs/objects.md walks through it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ledger.h"

/* What the library imports. Entries below zero are refused, and one of exactly zero is an error. */
static int32_t on_entry(void *user, ledger_t *ledger, int32_t number, double amount, wootz_trap_t **trap) {
    (void)ledger;
    ++*(int *)user;
    if (amount == 0) {
        *trap = wootz_trap_new("nothing is not an amount");
        return 0;
    }
    printf("  entry %" PRId32 ": %.2f\n", number, amount);
    return amount < 0;
}

/* Shows a trap and frees it. */
static void show(wootz_trap_t *trap) {
    printf("trap %d: %s\n", (int)wootz_trap_code(trap), wootz_trap_message(trap));
    wootz_trap_free(trap);
}

int main(void) {
    int calls = 0;
    ledger_imports_t imports = {0};
    imports.user = &calls;
    imports.host_on_entry = on_entry;
    imports.host_limit = 3;

    wootz_trap_t *trap = NULL;
    ledger_t *ledger = ledger_new(&imports, &trap);
    if (ledger == NULL) {
        show(trap);
        return 1;
    }

    printf("recorded as %" PRId32 "\n", ledger_record(ledger, 12.5, &trap));
    printf("recorded as %" PRId32 "\n", ledger_record(ledger, -1, &trap));
    printf("recorded as %" PRId32 "\n", ledger_record(ledger, 30, &trap));

    /* A failure of the imported function comes back as a trap; the library can be used on. */
    ledger_record(ledger, 0, &trap);
    if (trap != NULL) {
        show(trap);
    }

    /* Memory and globals. The pointer is good until the memory grows. */
    size_t len = 0;
    uint8_t *memory = ledger_memory(ledger, &len);
    double first;
    memcpy(&first, memory, sizeof first);
    printf("%zu bytes, the first entry is %.2f of %" PRId32 "\n", len, first, ledger_entries(ledger));

    /* Several results come in a structure. */
    ledger_summary_results_t summary;
    ledger_summary(ledger, &summary, &trap);
    printf("from %.2f to %.2f, %.2f together\n", summary.r0, summary.r1, summary.r2);

    ledger_split_cents_results_t split;
    ledger_split_cents(ledger, 100, 3, &split, &trap);
    printf("100 cents three ways: %" PRId64 ", %" PRId64 " left\n", split.r0, split.r1);
    ledger_split_cents(ledger, 100, 0, &split, &trap);
    show(trap);

    /* Setting a global: the ledger is full now. */
    ledger_entries_set(ledger, 3);
    ledger_record(ledger, 1, &trap);
    show(trap);

    wootz_v128_t vector = {.u32 = {10, 20, 30, 40}};
    vector = ledger_checksum(ledger, &vector, &trap);
    printf("vector %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIu32 "\n", vector.u32[0], vector.u32[1], vector.u32[2],
           vector.u32[3]);
    printf("%d calls of the host\n", calls);
    ledger_free(ledger);
    return 0;
}
