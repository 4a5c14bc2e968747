/* SPDX-License-Identifier: Apache-2.0 */
/* The audio loop's own thread: a tick each 10 ms of the monotonic clock. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <time.h>

#include "audio/internal.h"

#define TICK_NS (10u * NS_PER_MS)
#define LATE_NS (5u * (int64_t)NS_PER_MS)
#define RESYNC_NS (100u * (int64_t)NS_PER_MS)
#define NS_PER_S 1000000000u

static uint64_t monotonic_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

static void wait_until(uint64_t ns)
{
    struct timespec t = {.tv_sec = (time_t)(ns / NS_PER_S), .tv_nsec = (long)(ns % NS_PER_S)};

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
        ;
}

static void note_lateness(audio_loop *loop, int64_t late_ns)
{
    if (late_ns > LATE_NS) {
        uint64_t ticks = atomic_load_explicit(&loop->late_ticks, memory_order_relaxed);
        atomic_store_explicit(&loop->late_ticks, ticks + 1, memory_order_relaxed);
    }
    int64_t step = late_ns < 0 ? 0 : late_ns / (AUDIO_LATENESS_STEP_US * 1000);
    _Atomic uint32_t *count = &loop->lateness[step < AUDIO_LATENESS_STEPS ? step : AUDIO_LATENESS_STEPS - 1];
    atomic_store_explicit(count, atomic_load_explicit(count, memory_order_relaxed) + 1, memory_order_relaxed);
    if (late_ns / 1000 > atomic_load_explicit(&loop->worst_late_us, memory_order_relaxed))
        atomic_store_explicit(&loop->worst_late_us, late_ns / 1000, memory_order_relaxed);
}

/* Signals are for the other threads; SIGPIPE from a tty or pipe must not end the process. */
static void block_signals(void)
{
    sigset_t all;

    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
}

static void *run(void *context)
{
    audio_loop *loop = context;
    struct sched_param priority = {.sched_priority = loop->rt_priority};

    block_signals();
    if (loop->rt_priority > 0 && pthread_setschedparam(pthread_self(), SCHED_FIFO, &priority) != 0)
        atomic_store_explicit(&loop->rt_refused, 1, memory_order_relaxed);
    uint64_t due = monotonic_ns();
    while (!atomic_load_explicit(&loop->stopping, memory_order_acquire)) {
        uint64_t now = monotonic_ns();
        int64_t late = (int64_t)(now - due);
        note_lateness(loop, late);
        if (late > RESYNC_NS)
            due = now; /* ticks that far gone are not made up for: the queues absorb them as one stall */
        audio_loop_step(loop, now);
        due += TICK_NS;
        wait_until(due);
    }
    return NULL;
}

void audio_loop_get_lateness(const audio_loop *loop, uint32_t counts[AUDIO_LATENESS_STEPS])
{
    for (uint32_t i = 0; i < AUDIO_LATENESS_STEPS; i++)
        counts[i] = atomic_load_explicit(&loop->lateness[i], memory_order_relaxed);
}

int audio_loop_start(audio_loop *loop, int rt_priority)
{
    if (loop->started)
        return -EINVAL;
    loop->rt_priority = rt_priority;
    atomic_store_explicit(&loop->stopping, false, memory_order_relaxed);
    int error = pthread_create(&loop->thread, NULL, run, loop);
    loop->started = error == 0;
    return -error;
}

int audio_loop_stop(audio_loop *loop)
{
    if (!loop->started)
        return -EINVAL;
    atomic_store_explicit(&loop->stopping, true, memory_order_release);
    pthread_join(loop->thread, NULL);
    loop->started = false;
    return 0;
}
