/* SPDX-License-Identifier: Apache-2.0 */
/* From a line's sample to a handset's ear, while ticks come late and in bunches, and after. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audio/g711.h"
#include "tests/audio/bed.h"

#define MS_NS 1000000u
#define MARK_EVERY 2000u        /* samples: 250 ms */
#define BEGIN_MS 40000u         /* of the disturbance */
#define END_MS 50000u
#define RUN_MS 80000u
#define MARKS_MAX (RUN_MS / 250 + 10)
#define LOUD 20000

static int16_t marks(uint64_t sample)
{
    return sample % MARK_EVERY == MARK_EVERY - 1 ? 30000 : 0;
}

/* The devices keep their own time; the loop's ticks begin late by what `lateness` says. */
struct road {
    struct bed bed;
    struct modem modem;
    struct hat hat;
    int line[2], link[2];
    uint32_t ms;
    uint64_t due_ms;            /* of the loop's next tick */
    uint32_t late_until_ms;     /* the loop sleeps till then */
    uint32_t seed;
    uint32_t sent_ms[MARKS_MAX], way_ms[MARKS_MAX];
    size_t scanned;
    uint32_t marks_sent, marks_heard;
    size_t waiting[8];
    uint32_t waits;
};

static void road_open(struct road *r, double modem_ppm, double hat_ppm, uint32_t seed)
{
    static int16_t heard[RUN_MS * 9];

    memset(r, 0, sizeof *r);
    bed_open(&r->bed);
    bed_pair(r->line);
    bed_pair(r->link);
    r->modem = (struct modem){.fd = r->line[1], .piece = 80, .ppm = modem_ppm, .voice = marks};
    hat_open(&r->hat, r->link[1]);
    r->hat.ppm = hat_ppm;
    r->hat.heard[0] = heard;
    r->hat.heard_room = sizeof heard / sizeof *heard;
    r->seed = seed;
    audio_port_echo(r->bed.loop, 0, 0);
    audio_port_attach_stream(r->bed.loop, 0, r->line[0], NULL, 0);
    audio_link_attach(r->bed.loop, 0, r->link[0], 4, 4);
    audio_route_set(r->bed.loop, 0, 4, 1);
    audio_route_set(r->bed.loop, 4, 0, 1);
}

static void road_close(struct road *r)
{
    bed_close(&r->bed);
    for (int i = 0; i < 2; i++) {
        close(r->line[i]);
        close(r->link[i]);
    }
}

static uint32_t chance(struct road *r, uint32_t below)
{
    r->seed = r->seed * 1664525u + 1013904223u;
    return (r->seed >> 8) % below;
}

static void follow_marks(struct road *r)
{
    while (r->marks_sent < r->modem.sent / MARK_EVERY)
        r->sent_ms[r->marks_sent++] = r->ms;
    for (; r->scanned < r->hat.heard_len; r->scanned++)
        if (r->hat.heard[0][r->scanned] > LOUD / 4 && (r->waits == 0 || r->scanned > r->waiting[(r->waits - 1) % 8] + 400))
            r->waiting[r->waits++ % 8] = r->scanned;
    while (r->marks_heard < r->waits && r->hat.played > r->waiting[r->marks_heard % 8]) {
        r->way_ms[r->marks_heard] = r->ms;
        r->marks_heard++;
    }
}

/* One millisecond. A tick that is late is made up for at once, one after the other, as thread.c does. */
static void road_ms(struct road *r)
{
    if (r->ms % 10 == 3)
        modem_tick(&r->modem);
    if (r->ms % 10 == 7)
        hat_tick(&r->hat, (uint64_t)r->ms * MS_NS);
    if (r->ms >= r->late_until_ms)
        while (r->due_ms <= r->ms) {
            r->bed.now_ns = 1000000000u + (uint64_t)r->ms * MS_NS;
            bed_step(&r->bed);
            r->due_ms += 10;
        }
    follow_marks(r);
    r->ms++;
}

static uint32_t way_of(const struct road *r, uint32_t mark, uint32_t *lost)
{
    /* the marks heard are matched by time: the last one sent before it was heard */
    for (uint32_t i = 0; i < r->marks_heard; i++)
        if (r->way_ms[i] > r->sent_ms[mark] && r->way_ms[i] < r->sent_ms[mark] + 250)
            return r->way_ms[i] - r->sent_ms[mark];
    ++*lost;
    return 0;
}

static uint32_t worst_way(const struct road *r, uint32_t from_ms, uint32_t to_ms, uint32_t *lost)
{
    uint32_t worst = 0;

    for (uint32_t m = 0; m < r->marks_sent; m++)
        if (r->sent_ms[m] >= from_ms && r->sent_ms[m] < to_ms) {
            uint32_t way = way_of(r, m, lost);
            worst = way > worst ? way : worst;
        }
    return worst;
}

enum trouble { NOW_AND_THEN, OFTEN, A_LITTLE_ALL_THE_TIME, ONCE };

static void disturb(struct road *r, enum trouble trouble)
{
    uint32_t late = 0;

    if (r->ms % 10 != 0 || r->ms < r->late_until_ms)
        return;
    if (trouble == NOW_AND_THEN)
        late = r->ms % 500 == 0 ? 5 + chance(r, 36) : 0;
    else if (trouble == OFTEN)
        late = chance(r, 10) == 0 ? 5 + chance(r, 36) : 0;
    else if (trouble == A_LITTLE_ALL_THE_TIME)
        late = chance(r, 3) == 0 ? 5 + chance(r, 10) : 0;
    else
        late = r->ms == BEGIN_MS ? 40 : 0;
    if (late > 0)
        r->late_until_ms = r->ms + late;
}

/* Ten seconds of late ticks: six seconds later the way is as short as it ever was, give or take a frame of the link. */
static void check_return(enum trouble trouble, double modem_ppm, double hat_ppm)
{
    static struct road r;
    uint32_t lost = 0;

    road_open(&r, modem_ppm, hat_ppm, 7);
    while (r.ms < RUN_MS) {
        if (r.ms >= BEGIN_MS && r.ms < END_MS)
            disturb(&r, trouble);
        road_ms(&r);
    }
    uint32_t before = worst_way(&r, BEGIN_MS - 5000, BEGIN_MS, &lost);
    uint32_t during = worst_way(&r, BEGIN_MS, END_MS, &lost), soon = worst_way(&r, END_MS, END_MS + 6000, &lost);
    uint32_t after = worst_way(&r, END_MS + 6000, RUN_MS, &lost);
    print_message("trouble %d, modem %+.0f, HAT %+.0f ppm: %u ms before, %u during, %u in the next 6 s, then %u\n", trouble,
                  modem_ppm, hat_ppm, before, during, soon, after);
    assert_true(after <= 65);
    assert_true(lost <= 2);
    road_close(&r);
}

static void test_late_ticks_leave_no_delay(void **state)
{
    (void)state;
    for (int trouble = NOW_AND_THEN; trouble <= ONCE; trouble++) {
        check_return(trouble, 0, 0);
        check_return(trouble, 1000, -1000);
        check_return(trouble, -100, 50);
    }
}

/* Pieces that come late now and then are no clock: what is found is the device's own rate, or nothing. */
static void test_late_pieces_are_no_clock(void **state)
{
    (void)state;
    for (uint32_t round = 0; round < 40; round++) {
        struct bed bed;
        int fds[2];
        uint32_t seed = round, owed = 0, hold = 0;

        bed_open(&bed);
        bed_pair(fds);
        struct modem modem = {.fd = fds[1], .piece = 80};
        audio_port_echo(bed.loop, 0, 0);
        audio_port_attach_stream(bed.loop, 0, fds[0], NULL, 0);
        for (uint32_t t = 0; t < 2000; t++) {
            seed = seed * 1664525u + 1013904223u;
            if (hold == 0 && (seed >> 8) % 100 == 0)
                hold = 1 + (seed >> 20) % 5;
            hold -= hold > 0;
            for (owed++; owed > 0 && hold == 0; owed--)
                modem_tick(&modem);
            bed_step(&bed);
            assert_in_range(bed_stats(&bed, 0).drift_ppm + 1500, 0, 3000);
        }
        close(fds[0]);
        close(fds[1]);
        bed_close(&bed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_late_ticks_leave_no_delay),
        cmocka_unit_test(test_late_pieces_are_no_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
