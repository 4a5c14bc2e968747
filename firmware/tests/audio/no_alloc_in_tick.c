/* SPDX-License-Identifier: Apache-2.0 */
/* Inside audio_loop_step nothing allocates, locks, prints or opens: here any of it ends the program.
 *
 * malloc and its family are defined here, so that the C library's own calls are caught as well; the
 * rest is caught where our objects call it (the linker's --wrap, see module.mk). */
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "audio/card_ring.h"
#include "tests/audio/bed.h"

#define CARD_PORT 6
#define PCM_PORT 7

static _Thread_local volatile bool inside;
static volatile uint64_t watched_ticks;

static void refuse(const char *what)
{
    if (!inside)
        return;
    (void)!write(STDERR_FILENO, what, strlen(what));
    (void)!write(STDERR_FILENO, " inside the tick\n", 17);
    abort();
}

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void __libc_free(void *old);

void *malloc(size_t size)
{
    refuse("malloc");
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    refuse("calloc");
    return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    refuse("realloc");
    return __libc_realloc(old, size);
}

void free(void *old)
{
    refuse("free");
    __libc_free(old);
}

#define WRAP(result, name, parameters, arguments)   \
    extern result __real_##name parameters;         \
    result __wrap_##name parameters;                \
    result __wrap_##name parameters                 \
    {                                               \
        refuse(#name);                              \
        return __real_##name arguments;             \
    }

WRAP(int, pthread_mutex_lock, (pthread_mutex_t * m), (m))
WRAP(int, pthread_mutex_trylock, (pthread_mutex_t * m), (m))
WRAP(int, pthread_cond_wait, (pthread_cond_t * c, pthread_mutex_t *m), (c, m))
WRAP(int, pthread_cond_signal, (pthread_cond_t * c), (c))
WRAP(int, pthread_cond_broadcast, (pthread_cond_t * c), (c))
WRAP(FILE *, fopen, (const char *path, const char *mode), (path, mode))
WRAP(int, close, (int fd), (fd))
WRAP(int, vfprintf, (FILE * f, const char *format, va_list a), (f, format, a))
WRAP(int, vsnprintf, (char *to, size_t room, const char *format, va_list a), (to, room, format, a))
WRAP(int, puts, (const char *text), (text))

/* Those that take a list of arguments are ours to refuse whole: no file of the loop has a use for them. */
#define REFUSE(name)          \
    void __wrap_##name(void); \
    void __wrap_##name(void)  \
    {                         \
        inside = true;        \
        refuse(#name);        \
    }

REFUSE(open)
REFUSE(printf)
REFUSE(fprintf)
REFUSE(snprintf)

void __real_audio_loop_step(audio_loop *loop, uint64_t now_ns);
void __wrap_audio_loop_step(audio_loop *loop, uint64_t now_ns);
void __wrap_audio_loop_step(audio_loop *loop, uint64_t now_ns)
{
    inside = true;
    __real_audio_loop_step(loop, now_ns);
    inside = false;
    watched_ticks++;
}

/* --- traffic -------------------------------------------------------------------------------- */

static int16_t talk(uint64_t sample)
{
    double t = (double)sample / 8000.0;
    bool key = sample / 800 % 10 == 0;

    if (key)
        return (int16_t)(5000.0 * sin(2 * M_PI * 770 * t) + 5000.0 * sin(2 * M_PI * 1336 * t));
    return (int16_t)(8000.0 * sin(2 * M_PI * 210 * t) * sin(2 * M_PI * 3 * t));
}

static int16_t talk_on(unsigned socket, uint64_t sample)
{
    return talk(sample + 977 * socket);
}

struct traffic {
    struct bed bed;
    struct modem modems[4];
    struct hat hat;
    struct card_ring card;
    uint64_t card_samples, pcm_bytes;
    int fds[6][2];
    int16_t clip[4000];
    int16_t recorded[1600];
    uint32_t random;
};

static void attach_modem(struct traffic *w, uint16_t m)
{
    bed_pair(w->fds[m]);
    w->modems[m] = (struct modem){.fd = w->fds[m][1], .ppm = m * 1500.0 - 3000.0, .piece = 37u + 41u * m, .voice = talk};
    audio_port_set_farewell(w->bed.loop, m, (const uint8_t *)"ATH\r", 4);
    audio_port_attach_stream(w->bed.loop, m, w->fds[m][0], (const uint8_t *)"\xFF\xFF\x10\x30", 4);
    audio_port_listen(w->bed.loop, m, m == 3 ? 7 : 15, 500);
}

static void begin(struct traffic *w)
{
    memset(w, 0, sizeof *w);
    bed_open(&w->bed);
    for (uint16_t m = 0; m < 4; m++)
        attach_modem(w, m);
    bed_pair(w->fds[4]);
    hat_open(&w->hat, w->fds[4][1]);
    w->hat.ppm = 700.0;
    w->hat.voice = talk_on;
    audio_link_attach(w->bed.loop, 0, w->fds[4][0], 8, 4);
    audio_clip_add(w->bed.loop, 7, w->clip, 4000);
    for (uint16_t p = 8; p < 12; p++)
        audio_port_listen(w->bed.loop, p, 15, 300);
    for (uint32_t t = 0; t < 4; t++)
        audio_tap_open(w->bed.loop, t, (uint16_t)(t < 2 ? t : t + 6));
    assert_int_equal(audio_card_ring_prepare(&w->card, sizeof w->card), 0);
    assert_int_equal(audio_port_attach_card(w->bed.loop, CARD_PORT, &w->card, sizeof w->card), 0);
    bed_pair(w->fds[5]);
    assert_int_equal(audio_port_attach_pcm(w->bed.loop, PCM_PORT, w->fds[5][0]), 0);
}

/* A sound card that comes and goes: 10 ms of sound a tick for a while, then nothing. */
static void card_tick(struct traffic *w, uint32_t ticks)
{
    int16_t piece[AUDIO_TICK_FRAMES];

    if (ticks % 400 >= 250)
        return;
    if (ticks % 400 == 0)
        card_count(&w->card.generation, 1);
    for (uint32_t i = 0; i < AUDIO_TICK_FRAMES; i++)
        piece[i] = talk(w->card_samples++);
    card_lane_push(&w->card.up, piece, AUDIO_TICK_FRAMES);
    card_lane_pull(&w->card.down, piece, AUDIO_TICK_FRAMES);
    card_count(&w->card.callbacks, 1);
}

/* Serial PCM in pieces of odd length, which stops now and then, loses a byte, or takes nothing. */
static void pcm_tick(struct traffic *w, uint32_t ticks)
{
    uint8_t bytes[4096];

    if (ticks % 500 < 300)
        bed_read(w->fds[5][1], bytes, sizeof bytes);
    if (ticks % 400 >= 300)
        return;
    uint32_t n = 155 + ticks % 11 - (ticks % 100 == 7);
    for (uint32_t i = 0; i < n; i++, w->pcm_bytes++)
        bytes[i] = (uint8_t)((uint16_t)talk(w->pcm_bytes / 2) >> (w->pcm_bytes % 2 * 8));
    w->pcm_bytes += ticks % 100 == 7;
    bed_write(w->fds[5][1], bytes, n);
}

/* What a port is told to do with what it hears and sends, switched on and off. */
static void command_ears(audio_loop *loop, uint16_t port, uint32_t round)
{
    static const audio_tone_pattern tones[] = {
        {.id = 1, .hz = {480, 620}, .on_ms = {500}, .off_ms = {500}, .cycles = 4},
        {.id = 2, .hz = {350, 440}, .least_ms = 3000},
        {.id = 3, .hz = {950, 1400, 1800}, .on_ms = {330, 330, 330}, .cycles = 1, .flags = AUDIO_TONE_SEQUENCE},
    };

    audio_port_tones(loop, port, tones, round % 4);
    audio_port_secret(loop, port, (round & 4) != 0);
    audio_port_level(loop, port, (round & 8) != 0);
    audio_port_meter(loop, port, (round & 16) != 0);
    audio_port_echo(loop, port, round % 20 != 0);
    audio_port_comfort(loop, port, (round & 32) != 0 ? -620 : 0);
}

/* Something new each 100 ms, so that every command and its opposite meets every state. */
static void command(struct traffic *w, uint32_t round)
{
    static const audio_tone dial = {.hz = {350, 440}, .level_db10 = -160, .limit_ms = 2000};
    static const audio_tone busy = {.hz = {480, 620}, .level_db10 = -200, .on_ms = {500}, .off_ms = {500}};
    const uint32_t clips[] = {7, 7};
    audio_loop *loop = w->bed.loop;
    uint16_t port = (uint16_t)(round % 12), other = (uint16_t)((round * 7 + 8) % 12);

    audio_route_set(loop, port, other, (round & 1) != 0);
    audio_route_set(loop, other, port, (round & 2) != 0);
    if (round % 3 == 0)
        audio_port_play(loop, port, round, clips, 2, round % 2 ? AUDIO_STOP_ON_DIGIT : AUDIO_REPEAT);
    if (round % 5 == 0)
        audio_port_tone(loop, other, round, round % 2 ? &dial : &busy);
    if (round % 7 == 0)
        audio_port_stop(loop, other);
    audio_port_gain(loop, port, (int)(round % 60), -(int)(round % 90));
    audio_port_listen(loop, other, round % 64, 300);
    command_ears(loop, port, round);
    const uint8_t ring[] = {(uint8_t)(round % 4 + 1), 3, 0xE8, 0x0B, 0xB8};
    audio_link_send(loop, 0, LINK_MSG_RING, ring, sizeof ring);
    if (round % 50 == 20)
        audio_tap_close(loop, round / 50 % 4);
    if (round % 50 == 30)
        audio_tap_open(loop, round / 50 % 4, port);
    if (round % 80 == 40)
        audio_clip_remove(loop, 7);
    if (round % 80 == 45)
        audio_clip_add(loop, 7, w->clip, 4000);
}

/* One modem's stream ends, is detached or is torn away, and comes again. */
static void change_stream(struct traffic *w, uint32_t round)
{
    uint16_t m = (uint16_t)(round / 100 % 4);

    if (round % 100 == 60 && m == 0)
        audio_port_detach(w->bed.loop, m);
    if (round % 100 == 60 && m == 1)
        audio_port_end_stream(w->bed.loop, m, (const uint8_t *)"\x10\x03", 2);
    if (round % 100 == 62 && m == 1)
        bed_write(w->fds[m][1], "\x10\x03\r\nOK\r\n", 8);
    if (round % 100 == 60 && m == 2)
        shutdown(w->fds[m][1], SHUT_RDWR);
    if (round % 100 != 70)
        return;
    audio_port_detach(w->bed.loop, m);
    bed_steps(&w->bed, 1);
    close(w->fds[m][0]);
    close(w->fds[m][1]);
    attach_modem(w, m);
}

static bool may_send(uint32_t round, uint16_t m)
{
    bool changing = round % 100 >= 60 && round % 100 <= 70 && round / 100 % 4 == m;
    bool stalled = round % 30 == 13 && m == 3; /* runs dry, and comes back with a burst */

    return !changing && !stalled;
}

static void pass_ticks(struct traffic *w, uint32_t ticks)
{
    for (uint32_t t = 0; t < ticks; t++) {
        uint32_t round = t / 10;
        w->random = w->random * 1664525u + 1013904223u;
        if (t % 10 == 0) {
            command(w, round);
            change_stream(w, round);
        }
        for (uint16_t m = 0; m < 4; m++)
            if (may_send(round, m))
                modem_tick(&w->modems[m]);
        w->hat.skip = (w->random >> 24) < 12 ? 1 + (w->random >> 20 & 3) : w->hat.skip; /* 5 % of frames and more */
        hat_tick(&w->hat, w->bed.now_ns);
        card_tick(w, t);
        pcm_tick(w, t);
        audio_loop_heartbeat(w->bed.loop);
        bed_step(&w->bed);
        w->bed.count = 0;
        for (uint32_t tap = 0; tap < 4; tap++)
            audio_tap_read(w->bed.loop, tap, w->recorded, 400);
    }
}

static void end(struct traffic *w)
{
    bed_close(&w->bed);
    for (int i = 0; i < 6; i++) {
        close(w->fds[i][0]);
        close(w->fds[i][1]);
    }
}

static void test_every_kind_of_traffic(void **state)
{
    (void)state;
    static struct traffic w;
    uint64_t before = watched_ticks;

    begin(&w);
    pass_ticks(&w, 6000);
    assert_true(bed_stats(&w.bed, 8).lost_frames > 100);
    assert_true(bed_stats(&w.bed, 3).underruns > 10);
    assert_true(bed_stats(&w.bed, CARD_PORT).frames_in > 100000);
    assert_true(bed_stats(&w.bed, PCM_PORT).frames_in > 100000);
    assert_true(bed_stats(&w.bed, PCM_PORT).lost_frames > 10);
    audio_link_detach(w.bed.loop, 0);
    bed_steps(&w.bed, 700); /* no heartbeat any more: muted, and the farewell is said */
    assert_non_null(bed_first(&w.bed, AUDIO_MUTED));
    assert_non_null(bed_first(&w.bed, AUDIO_LINK_DETACHED));
    assert_true(watched_ticks - before >= 6700);
    end(&w);
}

/* --- and this program can fail -------------------------------------------------------------- */

static void allocates(void)
{
    void *volatile kept = malloc(16);
    (void)kept;
}

static void locks(void)
{
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&mutex);
}

static void prints(void)
{
    printf("x%d\n", inside);
}

static int signal_of(void (*deed)(void))
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        fclose(stderr); /* its complaint is expected */
        inside = true;
        deed();
        _exit(0);
    }
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void test_a_breach_ends_the_program(void **state)
{
    (void)state;
    assert_int_equal(signal_of(allocates), SIGABRT);
    assert_int_equal(signal_of(locks), SIGABRT);
    assert_int_equal(signal_of(prints), SIGABRT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind_of_traffic),
        cmocka_unit_test(test_a_breach_ends_the_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
