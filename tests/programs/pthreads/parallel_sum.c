/* Sums numbers on several threads: parts go through a bounded queue, under a mutex with two condition variables, to workers that
 * start together. Prints the sum and exits with 0 if it is the right one.
 *
 * usage: parallel_sum [THREADS [ROUNDS]] */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { NUMBERS = 20000, PART = 250, ROOM = 4, MOST_THREADS = 16 };

static uint32_t numbers[NUMBERS];

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int waiting;
    int rounds;
} barrier = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0};

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t has_item, has_room;
    int items[ROOM];
    int first, count, closed;
} queue = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, PTHREAD_COND_INITIALIZER, {0}, 0, 0, 0};

static pthread_mutex_t total_mutex = PTHREAD_MUTEX_INITIALIZER;
static uint64_t total;
static int parts_summed;

static void meet(int threads) {
    pthread_mutex_lock(&barrier.mutex);
    int round = barrier.rounds;
    if (++barrier.waiting == threads) {
        barrier.waiting = 0;
        barrier.rounds++;
        pthread_cond_broadcast(&barrier.changed);
    }
    while (barrier.rounds == round)
        pthread_cond_wait(&barrier.changed, &barrier.mutex);
    pthread_mutex_unlock(&barrier.mutex);
}

static void put(int item) {
    pthread_mutex_lock(&queue.mutex);
    while (queue.count == ROOM)
        pthread_cond_wait(&queue.has_room, &queue.mutex);
    queue.items[(queue.first + queue.count++) % ROOM] = item;
    pthread_cond_signal(&queue.has_item);
    pthread_mutex_unlock(&queue.mutex);
}

static void close_queue(void) {
    pthread_mutex_lock(&queue.mutex);
    queue.closed = 1;
    pthread_cond_broadcast(&queue.has_item);
    pthread_mutex_unlock(&queue.mutex);
}

/* The next item, or -1 if there will be none. */
static int take(void) {
    int item = -1;
    pthread_mutex_lock(&queue.mutex);
    while (queue.count == 0 && !queue.closed)
        pthread_cond_wait(&queue.has_item, &queue.mutex);
    if (queue.count > 0) {
        item = queue.items[queue.first];
        queue.first = (queue.first + 1) % ROOM;
        queue.count--;
        pthread_cond_signal(&queue.has_room);
    }
    pthread_mutex_unlock(&queue.mutex);
    return item;
}

static _Thread_local uint64_t own_sum = 1;

/* Returns how many parts it summed. */
static void *work(void *threads) {
    intptr_t parts = 0;
    meet((int)(intptr_t)threads);
    for (int part; (part = take()) >= 0; parts++) {
        for (int i = 0; i < PART; i++)
            own_sum += numbers[part * PART + i];
        pthread_mutex_lock(&total_mutex);
        parts_summed++;
        pthread_mutex_unlock(&total_mutex);
    }
    pthread_mutex_lock(&total_mutex);
    total += own_sum - 1;
    pthread_mutex_unlock(&total_mutex);
    return (void *)parts;
}

static int round_of(int threads) {
    pthread_t workers[MOST_THREADS];
    total = 0;
    parts_summed = 0;
    queue.closed = 0;
    for (int i = 0; i < threads; i++) {
        if (pthread_create(&workers[i], NULL, work, (void *)(intptr_t)threads) != 0) {
            fputs("no thread\n", stderr);
            exit(3);
        }
    }
    for (int part = 0; part < NUMBERS / PART; part++)
        put(part);
    close_queue();
    intptr_t parts = 0;
    for (int i = 0; i < threads; i++) {
        void *result;
        pthread_join(workers[i], &result);
        parts += (intptr_t)result;
    }
    return parts == NUMBERS / PART && parts == parts_summed;
}

int main(int argc, char **argv) {
    int threads = argc > 1 ? atoi(argv[1]) : 4;
    int rounds = argc > 2 ? atoi(argv[2]) : 1;
    if (threads < 1 || threads > MOST_THREADS || rounds < 1) {
        fputs("usage: parallel_sum [THREADS [ROUNDS]]\n", stderr);
        return 2;
    }
    uint64_t expected = 0;
    uint32_t random = 1;
    for (int i = 0; i < NUMBERS; i++) {
        random = random * 1664525 + 1013904223;
        numbers[i] = random;
        expected += random;
    }
    for (int round = 0; round < rounds; round++) {
        if (!round_of(threads) || total != expected || own_sum != 1) {
            printf("round %d: the sum is %llu and not %llu\n", round, (unsigned long long)total,
                   (unsigned long long)expected);
            return 1;
        }
    }
    printf("the sum of %d numbers is %llu\n", NUMBERS, (unsigned long long)total);
    return 0;
}
