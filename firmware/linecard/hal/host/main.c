/* SPDX-License-Identifier: Apache-2.0 */
/* linecard-host: the line card's program on a pty, moved by real time or by `step`. */
#include "linecard/hal/host/host_card.h"
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { EXIT_FAILED = 1, EXIT_USAGE = 2, MAX_LATE_TICKS = 100, MAX_PPM = 100000 };

struct options {
    const char *link, *stimulus, *flash, *update_key;
    int link_fd;
    uint8_t fxs_mask, fxo_mask;
    double clock_ppm, echo_db;
    bool lockstep, die_with_parent;
    uint32_t bounce_ms;
};

static const char USAGE[] =
    "usage: linecard-host (--link PATH | --link-fd N) --stimulus SOCKET [--fxs 1,2,3,4] [--fxo 5,6]\n"
    "                     [--clock-ppm N] [--bounce-ms N] [--echo-db N] [--lockstep] [--die-with-parent]\n"
    "                     [--flash FILE --update-key FILE]\n";

static bool parse_mask(const char *text, uint8_t *mask)
{
    *mask = 0;
    for (; *text; text++) {
        if (*text >= '1' && *text <= '8')
            *mask = (uint8_t)(*mask | 1U << (*text - '1'));
        else if (*text != ',')
            return false;
    }
    return true;
}

static bool parse_double(const char *text, double most, double *number)
{
    char *end;
    *number = strtod(text, &end);
    return end != text && *end == 0 && *number >= -most && *number <= most;
}

static bool take_option(struct options *options, int option)
{
    double number = 0;
    switch (option) {
    case 'l': options->link = optarg; return true;
    case 'F': options->flash = optarg; return true;
    case 'K': options->update_key = optarg; return true;
    case 's': options->stimulus = optarg; return true;
    case 'x': return parse_mask(optarg, &options->fxs_mask);
    case 'o': return parse_mask(optarg, &options->fxo_mask);
    case 'p': return parse_double(optarg, MAX_PPM, &options->clock_ppm);
    case 'e': return parse_double(optarg, 60, &options->echo_db);
    case 'k': options->lockstep = true; return true;
    case 'd': options->die_with_parent = true; return true;
    case 'b':
        if (!parse_double(optarg, 19, &number) || number < 0)
            return false;
        options->bounce_ms = (uint32_t)number;
        return true;
    case 'f':
        if (!parse_double(optarg, 1 << 20, &number) || number < 0)
            return false;
        options->link_fd = (int)number;
        return true;
    default: return false;
    }
}

static bool parse_options(struct options *options, int argc, char **argv)
{
    static const struct option LONG[] = {
        {"link", required_argument, NULL, 'l'},      {"stimulus", required_argument, NULL, 's'},
        {"fxs", required_argument, NULL, 'x'},       {"fxo", required_argument, NULL, 'o'},
        {"clock-ppm", required_argument, NULL, 'p'}, {"lockstep", no_argument, NULL, 'k'},
        {"link-fd", required_argument, NULL, 'f'},   {"bounce-ms", required_argument, NULL, 'b'},
        {"die-with-parent", no_argument, NULL, 'd'}, {"echo-db", required_argument, NULL, 'e'},
        {"flash", required_argument, NULL, 'F'},     {"update-key", required_argument, NULL, 'K'},
        {NULL, 0, NULL, 0},
    };
    *options = (struct options){.link_fd = -1, .fxs_mask = 0x0F, .fxo_mask = 0x30};
    for (int option; (option = getopt_long(argc, argv, "", LONG, NULL)) != -1;)
        if (!take_option(options, option))
            return false;
    return optind == argc && options->stimulus && (options->link || options->link_fd >= 0) &&
           !(options->fxs_mask & options->fxo_mask) && !options->flash == !options->update_key;
}

static int open_timer(const struct options *options)
{
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    double period_ns = 1e9 * LINECARD_TICK_MS / 1000 / (1 + options->clock_ppm / 1e6);
    struct timespec period = {.tv_nsec = (long)period_ns};
    struct itimerspec setting = {.it_interval = period, .it_value = period};
    if (fd >= 0 && !options->lockstep && timerfd_settime(fd, 0, &setting, NULL) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Ends on these signals come through a descriptor, so that nothing is left half done. */
static int open_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    signal(SIGPIPE, SIG_IGN);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC);
}

/* Even a parent that was killed takes the card with it. `parent` may be gone already. */
static bool follow_parent(pid_t parent)
{
    return prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && getppid() == parent;
}

static void run_late_ticks(struct host_card *card, int timer_fd)
{
    uint64_t due = 0;
    if (read(timer_fd, &due, sizeof due) != (ssize_t)sizeof due)
        return;
    /* After a long stop (the process was suspended) the lost time is not made up for. */
    for (uint64_t i = 0; i < due && i < MAX_LATE_TICKS; i++)
        host_card_tick(card);
}

static int run(struct host_card *card, int timer_fd, int signal_fd)
{
    for (;;) {
        struct pollfd polls[4 + STIMULUS_CLIENTS] = {
            {.fd = signal_fd, .events = POLLIN},
            {.fd = timer_fd, .events = POLLIN},
            {.fd = card->link.adopted ? card->link.fd : -1}, /* its hanging up is always told */
        };
        size_t n = stimulus_prepare(&card->stimulus, polls + 3);
        if (poll(polls, (nfds_t)(n + 3), -1) < 0) {
            if (errno == EINTR)
                continue;
            return EXIT_FAILED;
        }
        if (polls[0].revents || polls[2].revents || (card->link.adopted && card->link.fd < 0))
            return EXIT_SUCCESS;
        if (polls[1].revents)
            run_late_ticks(card, timer_fd);
        stimulus_serve(&card->stimulus, polls + 3, n, host_card_obey, card);
        stimulus_flush(&card->stimulus);
    }
}

static int fail(const char *what, const char *path)
{
    fprintf(stderr, "linecard-host: %s %s: %s\n", what, path, strerror(errno));
    return EXIT_FAILED;
}

int main(int argc, char **argv)
{
    static struct host_card card; /* too large for some stacks */
    struct options options;
    pid_t parent = getppid();
    if (!parse_options(&options, argc, argv)) {
        fputs(USAGE, stderr);
        return EXIT_USAGE;
    }
    const struct linecard_config config = {options.fxs_mask, options.fxo_mask, "HOST0001", 0};
    host_card_init(&card, &config);
    struct host_flash flash = {0};
    if (options.flash && host_flash_open(&flash, options.flash, options.update_key) < 0)
        return fail("cannot use the flash", options.flash);
    if (options.flash)
        host_card_use_flash(&card, &flash);
    card.lockstep = options.lockstep;
    card.bounce_ms = options.bounce_ms;
    for (size_t i = 0; i < LINK_SOCKETS; i++)
        hybrid_init(&card.hybrids[i], options.echo_db);
    int timer_fd = open_timer(&options);
    int signal_fd = open_signals();
    if (timer_fd < 0 || signal_fd < 0)
        return fail("cannot make", "a timer");
    if (options.die_with_parent && !follow_parent(parent))
        return EXIT_FAILED;
    int opened = options.link_fd >= 0 ? host_link_adopt(&card.link, options.link_fd)
                                      : host_link_open(&card.link, options.link);
    if (opened < 0)
        return fail("cannot open the link", options.link ? options.link : "descriptor");
    int result = EXIT_FAILED;
    if (stimulus_open(&card.stimulus, options.stimulus) < 0)
        fail("cannot listen on", options.stimulus);
    else
        result = run(&card, timer_fd, signal_fd);
    stimulus_close(&card.stimulus);
    host_link_close(&card.link);
    for (size_t i = 0; i < LINK_SOCKETS; i++)
        apparatus_free(&card.sockets[i]);
    return result;
}
