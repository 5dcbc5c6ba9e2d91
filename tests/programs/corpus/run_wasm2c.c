// Runs a program of the corpus that wasm2c (wabt 1.0.32) has translated to C, in `corpus.h`: the calls of WASI preview 1 that it makes, and
// an error for those that it only imports.
#include "corpus.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct Z_wasi_snapshot_preview1_instance_t {
  wasm_rt_memory_t *memory;
  int count;
  char **arguments;
};
typedef struct Z_wasi_snapshot_preview1_instance_t *Wasi;

enum { SUCCESS = 0, BAD_DESCRIPTOR = 8, INVALID = 28, NOT_SUPPORTED = 52, SEEK_OF_PIPE = 70 };

static u8 *at(Wasi wasi, u32 address, u64 length) {
  if (address + length > wasi->memory->size) wasm_rt_trap(WASM_RT_TRAP_OOB);
  return wasi->memory->data + address;
}

static u32 load(Wasi wasi, u32 address) {
  u32 value;
  memcpy(&value, at(wasi, address, sizeof value), sizeof value);
  return value;
}

static void store(Wasi wasi, u32 address, u32 value) { memcpy(at(wasi, address, sizeof value), &value, sizeof value); }

#define CALL(name) Z_wasi_snapshot_preview1Z_##name

u32 CALL(args_sizes_get)(Wasi wasi, u32 count, u32 size) {
  u32 bytes = 0;
  for (int i = 0; i < wasi->count; i++) bytes += strlen(wasi->arguments[i]) + 1;
  store(wasi, count, wasi->count);
  store(wasi, size, bytes);
  return SUCCESS;
}

u32 CALL(args_get)(Wasi wasi, u32 pointers, u32 bytes) {
  for (int i = 0; i < wasi->count; i++) {
    size_t size = strlen(wasi->arguments[i]) + 1;
    store(wasi, pointers + 4 * i, bytes);
    memcpy(at(wasi, bytes, size), wasi->arguments[i], size);
    bytes += size;
  }
  return SUCCESS;
}

u32 CALL(environ_sizes_get)(Wasi wasi, u32 count, u32 size) {
  store(wasi, count, 0);
  store(wasi, size, 0);
  return SUCCESS;
}

u32 CALL(environ_get)(Wasi wasi, u32 pointers, u32 bytes) { return SUCCESS; }

u32 CALL(clock_time_get)(Wasi wasi, u32 clock, u64 precision, u32 result) {
  struct timespec now;
  if (clock > 1) return INVALID;
  clock_gettime(clock ? CLOCK_MONOTONIC : CLOCK_REALTIME, &now);
  u64 nanoseconds = now.tv_sec * 1000000000ull + now.tv_nsec;
  memcpy(at(wasi, result, sizeof nanoseconds), &nanoseconds, sizeof nanoseconds);
  return SUCCESS;
}

u32 CALL(fd_write)(Wasi wasi, u32 file, u32 vectors, u32 count, u32 result) {
  FILE *stream = file == 1 ? stdout : stderr;
  u32 written = 0;
  if (file != 1 && file != 2) return BAD_DESCRIPTOR;
  for (u32 i = 0; i < count; i++) {
    u32 address = load(wasi, vectors + 8 * i), length = load(wasi, vectors + 8 * i + 4);
    written += fwrite(at(wasi, address, length), 1, length, stream);
  }
  store(wasi, result, written);
  return SUCCESS;
}

// Standard streams are character devices that may be read and written and nothing else.
u32 CALL(fd_fdstat_get)(Wasi wasi, u32 file, u32 result) {
  if (file > 2) return BAD_DESCRIPTOR;
  u8 *status = at(wasi, result, 24);
  memset(status, 0, 24);
  status[0] = 2;
  status[8] = file == 0 ? 1 << 1 : 1 << 6;
  return SUCCESS;
}

void CALL(proc_exit)(Wasi wasi, u32 code) { exit(code); }

u32 CALL(fd_prestat_get)(Wasi wasi, u32 file, u32 result) { return BAD_DESCRIPTOR; }
u32 CALL(fd_seek)(Wasi wasi, u32 file, u64 offset, u32 whence, u32 result) { return SEEK_OF_PIPE; }

// What the programs import and do not call.
#define NOT_CALLED(name, ...) u32 CALL(name)(Wasi wasi, ##__VA_ARGS__) { return NOT_SUPPORTED; }
NOT_CALLED(fd_close, u32 a)
NOT_CALLED(fd_fdstat_set_flags, u32 a, u32 b)
NOT_CALLED(fd_filestat_get, u32 a, u32 b)
NOT_CALLED(fd_filestat_set_size, u32 a, u64 b)
NOT_CALLED(fd_prestat_dir_name, u32 a, u32 b, u32 c)
NOT_CALLED(fd_read, u32 a, u32 b, u32 c, u32 d)
NOT_CALLED(fd_renumber, u32 a, u32 b)
NOT_CALLED(fd_sync, u32 a)
NOT_CALLED(path_create_directory, u32 a, u32 b, u32 c)
NOT_CALLED(path_filestat_get, u32 a, u32 b, u32 c, u32 d, u32 e)
NOT_CALLED(path_filestat_set_times, u32 a, u32 b, u32 c, u32 d, u64 e, u64 f, u32 g)
NOT_CALLED(path_open, u32 a, u32 b, u32 c, u32 d, u32 e, u64 f, u64 g, u32 h, u32 i)
NOT_CALLED(path_readlink, u32 a, u32 b, u32 c, u32 d, u32 e, u32 f)
NOT_CALLED(path_remove_directory, u32 a, u32 b, u32 c)
NOT_CALLED(path_unlink_file, u32 a, u32 b, u32 c)
NOT_CALLED(poll_oneoff, u32 a, u32 b, u32 c, u32 d)

int main(int count, char **arguments) {
  static Z_corpus_instance_t instance;
  struct Z_wasi_snapshot_preview1_instance_t wasi = {NULL, count, arguments};
  wasm_rt_init();
  Z_corpus_init_module();
  Z_corpus_instantiate(&instance, &wasi);
  wasi.memory = Z_corpusZ_memory(&instance);
  Z_corpusZ__start(&instance);
  return 0;
}
