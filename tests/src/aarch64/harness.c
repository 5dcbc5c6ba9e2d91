/*
 * Runs compiled code on 64-bit Arm Linux, without a C library: what the tests need of a runtime, for one module.
 *
 * Reads a job (see job.rs) from the file it is given: segments of an image, a context with its relocations, the first bytes of a memory, and
 * calls. Writes for each call a status and its slots. Statuses are trap codes; 0 is a return, FAULT an access of the
 * memory's reservation, BROKEN any other fault, EXITED a program's end with the exit code below it.
 */
typedef unsigned long u64;
typedef unsigned int u32;
typedef unsigned char u8;

enum { FAULT = 0x100, BROKEN = 0x200, EXITED = 0x100000000 };
enum { SYS_OPENAT = 56, SYS_WRITE = 64, SYS_EXIT = 93, SYS_SIGALTSTACK = 132, SYS_RT_SIGACTION = 134, SYS_MMAP = 222, SYS_MPROTECT = 226 };
enum { NONE = 0, READ = 1, WRITE = 2, EXEC = 4, PRIVATE = 2, ANONYMOUS = 32, NORESERVE = 0x4000 };

static long syscall6(long n, long a, long b, long c, long d, long e, long f) {
    register long x8 __asm__("x8") = n, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d, x4 __asm__("x4") = e, x5 __asm__("x5") = f;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
    return x0;
}

static void die(int code) {
    syscall6(SYS_EXIT, code, 0, 0, 0, 0, 0);
    __builtin_unreachable();
}

static u8 *map(u64 len, int protection, int flags, int file) {
    long at = syscall6(SYS_MMAP, 0, (long)len, protection, flags, file, 0);
    if (at < 0 && at > -4096) die(3);
    return (u8 *)at;
}

void *memcpy(void *to, const void *from, u64 len) {
    for (u64 i = 0; i < len; i++) ((volatile u8 *)to)[i] = ((const u8 *)from)[i];
    return to;
}

void *memmove(void *to, const void *from, u64 len) {
    if (to <= from) return memcpy(to, from, len);
    while (len-- > 0) ((volatile u8 *)to)[len] = ((const u8 *)from)[len];
    return to;
}

void *memset(void *to, int value, u64 len) {
    for (u64 i = 0; i < len; i++) ((volatile u8 *)to)[i] = (u8)value;
    return to;
}

static void *const LIBCALLS[] = {(void *)memcpy, (void *)memmove, (void *)memset};

/* Lets the processor fetch instructions that were just written. */
static void make_visible(u8 *code, u64 len) {
    for (u64 at = (u64)code / 16 * 16; at < (u64)code + len; at += 16) __asm__ volatile("dc cvau, %0" : : "r"(at));
    __asm__ volatile("dsb ish");
    for (u64 at = (u64)code / 16 * 16; at < (u64)code + len; at += 16) __asm__ volatile("ic ivau, %0" : : "r"(at));
    __asm__ volatile("dsb ish\n isb");
}

/* Where a handler leaves compiled code to. */
static struct { u64 sp, landing; } record;
static u64 status;
static u8 *memory;
static u64 reservation;

#include "host.h"

/* Calls entry(context, code, slots). The handler comes back here, too. */
__attribute__((naked)) static void enter(void *entry, void *context, void *code, void *slots, void *to) {
    __asm__("stp x29, x30, [sp, #-176]!\n"
            "stp x19, x20, [sp, #16]\n stp x21, x22, [sp, #32]\n stp x23, x24, [sp, #48]\n"
            "stp x25, x26, [sp, #64]\n stp x27, x28, [sp, #80]\n"
            "stp d8, d9, [sp, #96]\n stp d10, d11, [sp, #112]\n stp d12, d13, [sp, #128]\n stp d14, d15, [sp, #144]\n"
            "mov x9, sp\n adr x10, 1f\n stp x9, x10, [x4]\n"
            "mov x9, x0\n mov x0, x1\n mov x1, x2\n mov x2, x3\n blr x9\n"
            "1:\n"
            "ldp x19, x20, [sp, #16]\n ldp x21, x22, [sp, #32]\n ldp x23, x24, [sp, #48]\n"
            "ldp x25, x26, [sp, #64]\n ldp x27, x28, [sp, #80]\n"
            "ldp d8, d9, [sp, #96]\n ldp d10, d11, [sp, #112]\n ldp d12, d13, [sp, #128]\n ldp d14, d15, [sp, #144]\n"
            "ldp x29, x30, [sp], #176\n ret\n");
}

/* Registers in the kernel's ucontext. */
enum { FAULT_ADDRESS = 176, SP = 432, PC = 440 };
enum { SIGILL = 4, SIGTRAP = 5, SIGBUS = 7, SIGSEGV = 11 };

static void on_signal(int signal, void *info, u8 *context) {
    (void)info;
    u64 *pc = (u64 *)(context + PC), address = *(u64 *)(context + FAULT_ADDRESS);
    status = BROKEN | (u64)signal;
    if (signal == SIGTRAP) {
        u32 instruction = *(u32 *)*pc, code = instruction >> 5 & 0xffff;
        if ((instruction & 0xffe0001f) == 0xd4200000 && code >> 8 == 0x55) status = code & 0xff;
    } else if (signal == SIGSEGV && address - (u64)memory < reservation) {
        status = FAULT;
    }
    if (exit_status != 0) status = exit_status;
    *(u64 *)(context + SP) = record.sp;
    *pc = record.landing;
}

static void handle(int signal) {
    struct { void (*handler)(int, void *, u8 *); u64 flags, restorer, mask; } action = {on_signal, 0x4 | 0x40000000 | 0x08000000, 0, 0};
    syscall6(SYS_RT_SIGACTION, signal, (long)&action, 0, 8, 0, 0);
}

static const u8 *job;

static u64 next(void) {
    u64 value = *(const u64 *)job;
    job += 8;
    return value;
}

static const u8 *bytes(u64 len) {
    const u8 *start = job;
    job += (len + 7) / 8 * 8;
    return start;
}

static void put(const void *from, u64 len) {
    for (const u8 *at = from; len > 0;) {
        long done = syscall6(SYS_WRITE, 1, (long)at, (long)len, 0, 0, 0);
        if (done <= 0) die(4);
        at += done;
        len -= (u64)done;
    }
}

static void run(u64 *stack) {
    if (stack[0] != 2) die(1);
    long file = syscall6(SYS_OPENAT, -100, (long)stack[2], 0, 0, 0, 0);
    if (file < 0) die(2);
    job = map(1 << 30, READ, PRIVATE, (int)file);

    u8 *image = map(next(), READ | WRITE, PRIVATE | ANONYMOUS, -1);
    for (u64 n = next(); n > 0; n--) {
        u64 at = next(), len = next(), protection = next();
        memcpy(image + at, bytes(len), len);
        if (protection & EXEC) make_visible(image + at, len);
        if (protection != (READ | WRITE)) {
            syscall6(SYS_MPROTECT, (long)(image + at / 65536 * 65536), (long)(at % 65536 + len), (long)protection, 0, 0, 0);
        }
    }
    u64 slots = next();
    for (u64 i = 0, n = next(); i < n; i++) ((void **)(image + slots))[i] = LIBCALLS[next()];

    u64 len = next();
    const u8 *template = bytes(len);
    u8 *context = map(len + 1, READ | WRITE, PRIVATE | ANONYMOUS, -1);
    memcpy(context, template, len);
    reservation = next();
    memory = map(reservation + 1, NONE, PRIVATE | ANONYMOUS | NORESERVE, -1);
    u64 accessible = next();
    if (accessible > 0) syscall6(SYS_MPROTECT, (long)memory, (long)accessible, READ | WRITE, 0, 0, 0);
    for (u64 n = next(); n > 0; n--) {
        u64 at = next(), count = next();
        memcpy(memory + at, bytes(count), count);
    }
    u64 bases[] = {(u64)context, (u64)image, (u64)memory, (u64)stack};
    for (u64 n = next(); n > 0; n--) {
        u64 at = next(), base = next(), addend = next();
        *(u64 *)(context + at) = base == 4 ? (u64)HOSTS[addend] : base == 5 ? (u64)BUILTINS[addend] : bases[base] + addend;
    }
    memory_length = (u64 *)(context + next());
    memory_maximum = next();
    argument_count = next();
    arguments = bytes(next());

    struct { void *at; u64 flags, len; } alternate = {map(65536, READ | WRITE, PRIVATE | ANONYMOUS, -1), 0, 65536};
    syscall6(SYS_SIGALTSTACK, (long)&alternate, 0, 0, 0, 0, 0);
    int signals[] = {SIGILL, SIGTRAP, SIGBUS, SIGSEGV};
    for (int i = 0; i < 4; i++) handle(signals[i]);
    for (u64 n = next(); n > 0; n--) {
        u64 code = next(), entry = next(), count = next();
        __attribute__((aligned(16))) static u8 values[4096 * 16];
        if (count > 4096) die(5);
        memcpy(values, bytes(count * 16), count * 16);
        status = 0;
        enter(image + entry, context, image + code, values, &record);
        put(&status, 8);
        put(values, count * 16);
    }
    die(0);
}

__attribute__((naked, used)) void _start(void) {
    __asm__("mov x29, #0\n mov x0, sp\n b %0" : : "S"(run));
}
