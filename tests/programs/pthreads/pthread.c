#include "pthread.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>

enum { STACK = 64 << 10, ALIGNMENT = 16 };

/* start.s reads the first two members. */
struct thread {
    void *stack_top;
    void *thread_locals;
    void *(*run)(void *);
    void *argument;
    void *result;
    int32_t done;
};

static pthread_mutex_t allocation = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local pthread_t self;

__attribute__((import_module("wasi"), import_name("thread-spawn"))) int32_t thread_spawn(struct thread *);

void __wasm_call_ctors(void);
int __main_void(void);

/* Entry of the program. That of the C library does not call constructors itself; then the linker wraps every export, the entry of a
 * thread too, into a function that ends by writing out the standard streams, and the threads would do so at the same time. */
__attribute__((export_name("_start"))) void _start(void) {
    __wasm_call_ctors();
    exit(__main_void());
}

static void wait_while(int32_t *address, int32_t value) {
    __builtin_wasm_memory_atomic_wait32(address, value, -1);
}

static void wake(int32_t *address, uint32_t count) {
    __builtin_wasm_memory_atomic_notify(address, count);
}

/* Called by wasi_thread_start, in start.s, on the thread's stack. */
void thread_main(int32_t number, struct thread *thread) {
    (void)number;
    self = thread;
    thread->result = thread->run(thread->argument);
    __atomic_store_n(&thread->done, 1, __ATOMIC_SEQ_CST);
    wake(&thread->done, UINT_MAX);
}

static uintptr_t align(uintptr_t address, uintptr_t alignment) {
    return (address + alignment - 1) & ~(alignment - 1);
}

/* The thread, its thread-local variables and its stack, in one block. */
static struct thread *allocate(void) {
    uintptr_t locals = __builtin_wasm_tls_size(), alignment = __builtin_wasm_tls_align();
    if (alignment < ALIGNMENT)
        alignment = ALIGNMENT;
    pthread_mutex_lock(&allocation);
    char *block = calloc(1, sizeof(struct thread) + locals + STACK + 2 * alignment);
    pthread_mutex_unlock(&allocation);
    if (!block)
        return NULL;
    struct thread *thread = (struct thread *)block;
    uintptr_t place = align((uintptr_t)(thread + 1), alignment);
    thread->thread_locals = (void *)place;
    thread->stack_top = (void *)(align(place + locals, ALIGNMENT) + STACK);
    return thread;
}

static void release(struct thread *thread) {
    pthread_mutex_lock(&allocation);
    free(thread);
    pthread_mutex_unlock(&allocation);
}

int pthread_create(pthread_t *result, const pthread_attr_t *attributes, void *(*run)(void *), void *argument) {
    (void)attributes;
    struct thread *thread = allocate();
    if (!thread)
        return EAGAIN;
    thread->run = run;
    thread->argument = argument;
    *result = thread;
    if (thread_spawn(thread) >= 0)
        return 0;
    release(thread);
    return EAGAIN;
}

int pthread_join(pthread_t thread, void **result) {
    while (!__atomic_load_n(&thread->done, __ATOMIC_SEQ_CST))
        wait_while(&thread->done, 0);
    if (result)
        *result = thread->result;
    release(thread);
    return 0;
}

pthread_t pthread_self(void) {
    return self;
}

int pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes) {
    (void)attributes;
    mutex->state = 0;
    return 0;
}

int pthread_mutex_lock(pthread_mutex_t *mutex) {
    int32_t free = 0;
    if (__atomic_compare_exchange_n(&mutex->state, &free, 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
        return 0;
    while (__atomic_exchange_n(&mutex->state, 2, __ATOMIC_SEQ_CST) != 0)
        wait_while(&mutex->state, 2);
    return 0;
}

int pthread_mutex_unlock(pthread_mutex_t *mutex) {
    if (__atomic_exchange_n(&mutex->state, 0, __ATOMIC_SEQ_CST) == 2)
        wake(&mutex->state, 1);
    return 0;
}

int pthread_mutex_destroy(pthread_mutex_t *mutex) {
    (void)mutex;
    return 0;
}

int pthread_cond_init(pthread_cond_t *condition, const pthread_condattr_t *attributes) {
    (void)attributes;
    condition->signals = 0;
    return 0;
}

int pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex) {
    int32_t signals = __atomic_load_n(&condition->signals, __ATOMIC_SEQ_CST);
    pthread_mutex_unlock(mutex);
    wait_while(&condition->signals, signals);
    return pthread_mutex_lock(mutex);
}

int pthread_cond_signal(pthread_cond_t *condition) {
    __atomic_fetch_add(&condition->signals, 1, __ATOMIC_SEQ_CST);
    wake(&condition->signals, 1);
    return 0;
}

int pthread_cond_broadcast(pthread_cond_t *condition) {
    __atomic_fetch_add(&condition->signals, 1, __ATOMIC_SEQ_CST);
    wake(&condition->signals, UINT_MAX);
    return 0;
}

int pthread_cond_destroy(pthread_cond_t *condition) {
    (void)condition;
    return 0;
}
