/*
 * What the harness gives a program: the part of WASI preview 1 that the examples use, and the builtins that work on its memory.
 *
 * The numbers of the functions are their places in HOSTS and BUILTINS, which job.rs has too. Everything the program writes, to whatever it
 * has opened, goes to standard error: standard output belongs to the harness.
 */

enum { SYS_READ = 63 };
enum { SUCCESS = 0, BADF = 8, SPIPE = 70 };
enum { DIRECTORY = 3, CHARACTER_DEVICE = 2, REGULAR_FILE = 4, PAGE = 65536 };

/* The words of the context that hold the memory's length, and what it may grow to. */
static u64 *memory_length, memory_maximum;
static u64 exit_status;
static u64 argument_count;
static const u8 *arguments;

static u64 slot(const u8 *slots, int index) { return *(const u32 *)(slots + 16 * index); }

static u32 answer(u8 *slots, u64 error) {
    *(u64 *)slots = error;
    return 0;
}

static void set(u64 at, u32 value) { *(u32 *)(memory + at) = value; }
static u32 get(u64 at) { return *(u32 *)(memory + at); }

/* Goes through the buffers of a read or a write. */
static u32 transfer(u8 *slots, int call, int file) {
    u64 total = 0;
    for (u64 i = 0; i < slot(slots, 2); i++) {
        u64 buffer = slot(slots, 1) + 8 * i, length = get(buffer + 4);
        while (length > 0) {
            long done = syscall6(call, file, (long)(memory + get(buffer) + get(buffer + 4) - length), (long)length, 0, 0, 0);
            if (done < 0) return answer(slots, BADF);
            if (done == 0) break;
            total += (u64)done;
            length -= (u64)done;
        }
    }
    set(slot(slots, 3), (u32)total);
    return answer(slots, SUCCESS);
}

static u32 fd_write(void *host, void *caller, u8 *slots) {
    (void)host, (void)caller;
    return transfer(slots, SYS_WRITE, 2);
}

static u32 fd_read(void *host, void *caller, u8 *slots) {
    (void)host, (void)caller;
    return transfer(slots, SYS_READ, 0);
}

static u32 succeed(void *host, void *caller, u8 *slots) {
    (void)host, (void)caller;
    return answer(slots, SUCCESS);
}

static u32 fd_seek(void *host, void *caller, u8 *slots) {
    (void)host, (void)caller;
    return answer(slots, SPIPE);
}

static u32 fd_fdstat_get(void *host, void *caller, u8 *slots) {
    (void)host, (void)caller;
    u64 file = slot(slots, 0), to = slot(slots, 1);
    if (file > 4) return answer(slots, BADF);
    set(to, file == 3 ? DIRECTORY : file == 4 ? REGULAR_FILE : CHARACTER_DEVICE);
    for (int i = 4; i < 24; i += 4) set(to + (u64)i, i < 8 ? 0 : ~0U);
    return answer(slots, SUCCESS);
}

/* One directory is there: ".", which has every file. */
static u32 fd_prestat_get(void *host, void *caller, u8 *slots) {
    (void)host, (void)caller;
    if (slot(slots, 0) != 3) return answer(slots, BADF);
    set(slot(slots, 1), 0);
    set(slot(slots, 1) + 4, 1);
    return answer(slots, SUCCESS);
}

static u32 fd_prestat_dir_name(void *host, void *caller, u8 *slots) {
    (void)host, (void)caller;
    memory[slot(slots, 1)] = '.';
    return answer(slots, SUCCESS);
}

static u32 path_open(void *host, void *caller, u8 *slots) {
    (void)host, (void)caller;
    set(slot(slots, 8), 4);
    return answer(slots, SUCCESS);
}

static u32 args_sizes_get(void *host, void *caller, u8 *slots) {
    (void)host, (void)caller;
    u64 size = 0;
    for (u64 left = argument_count; left > 0; size++) left -= arguments[size] == 0;
    set(slot(slots, 0), (u32)argument_count);
    set(slot(slots, 1), (u32)size);
    return answer(slots, SUCCESS);
}

static u32 args_get(void *host, void *caller, u8 *slots) {
    (void)host, (void)caller;
    u64 to = slot(slots, 1), at = 0;
    for (u64 i = 0; i < argument_count; i++) {
        set(slot(slots, 0) + 4 * i, (u32)(to + at));
        do memory[to + at] = arguments[at];
        while (arguments[at++] != 0);
    }
    return answer(slots, SUCCESS);
}

/* Ends the call: non-zero makes compiled code trap. */
static u32 proc_exit(void *host, void *caller, u8 *slots) {
    (void)host, (void)caller;
    exit_status = EXITED | slot(slots, 0);
    return 1;
}

static void *const HOSTS[] = {
    (void *)args_get, (void *)args_sizes_get, (void *)succeed, (void *)fd_fdstat_get, (void *)succeed, (void *)fd_prestat_dir_name,
    (void *)fd_prestat_get, (void *)fd_read, (void *)fd_seek, (void *)fd_write, (void *)path_open, (void *)proc_exit,
};

static u64 memory_grow(void *context, u32 index, u64 delta) {
    (void)context, (void)index;
    u64 old = *memory_length / PAGE;
    if (delta > memory_maximum - old) return ~0UL;
    syscall6(SYS_MPROTECT, (long)memory, (long)((old + delta) * PAGE), READ | WRITE, 0, 0, 0);
    *memory_length += delta * PAGE;
    return old;
}

static u32 memory_fill(void *context, u32 index, u64 to, u32 value, u64 length) {
    (void)context, (void)index;
    memset(memory + to, (int)value, length);
    return 0;
}

static u32 memory_copy(void *context, u32 to_index, u64 to, u32 from_index, u64 from, u64 length) {
    (void)context, (void)to_index, (void)from_index;
    memmove(memory + to, memory + from, length);
    return 0;
}

static void *const BUILTINS[] = {(void *)memory_grow, (void *)memory_fill, (void *)memory_copy};
