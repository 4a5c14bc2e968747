/* SPDX-License-Identifier: Apache-2.0 */
/* The stimulus protocol: one row of a table for each command. */
#include "linecard/hal/host/base64.h"
#include "linecard/hal/host/host_card.h"
#include <stdlib.h>
#include <string.h>

enum { MAX_STEP_MS = 3600 * 1000, MAX_WORDS = 4 };

struct request {
    struct host_card *card;
    struct stimulus_client *client;
    int index;                   /* of the socket named, 0-7 */
    struct apparatus *socket;
    char *words[MAX_WORDS];      /* after the socket's number */
    size_t count;
};

/* Each returns NULL when done, or what is wrong. */
typedef const char *(*command_obey)(struct request *request);

static bool parse_number(const char *text, uint32_t most, uint32_t *number)
{
    char *end;
    if (*text < '0' || *text > '9')
        return false;
    unsigned long value = strtoul(text, &end, 10);
    *number = (uint32_t)value;
    return *end == 0 && value <= most;
}

/* One of two words; -1 when it is neither. */
static int parse_choice(const char *text, const char *no, const char *yes)
{
    if (strcmp(text, yes) == 0)
        return 1;
    return strcmp(text, no) == 0 ? 0 : -1;
}

static const char *lift(struct request *request)
{
    apparatus_lift(request->socket, true);
    return NULL;
}

static const char *hang_up(struct request *request)
{
    apparatus_lift(request->socket, false);
    return NULL;
}

static const char *flash(struct request *request)
{
    uint32_t ms;
    if (!parse_number(request->words[0], 10000, &ms) || ms == 0)
        return "flash N MS: 1 to 10000 ms";
    return apparatus_flash(request->socket, ms) ? NULL : "the telephone is on-hook";
}

static const char *press(struct request *request)
{
    int pulse = request->count > 1 ? parse_choice(request->words[1], "tone", "pulse") : 0;
    bool fxo = request->card->core.config.fxo_mask >> request->index & 1;
    if (pulse < 0 || (pulse && fxo))
        return "press N DIGITS tone, or pulse on a telephone";
    if (!fxo && !request->socket->lifted)
        return "the telephone is on-hook";
    if (pulse)
        return apparatus_dial_pulses(request->socket, request->words[0]) ? NULL : "0-9 can be dialled, 50 at a time";
    return apparatus_press(request->socket, request->words[0]) ? NULL : "keys are 0-9 A-D * #";
}

static const char *say(struct request *request)
{
    char *text = request->words[0];
    bool fxo = request->card->core.config.fxo_mask >> request->index & 1;
    if (!fxo && !request->socket->lifted)
        return "the telephone is on-hook";
    ssize_t n = base64_decode(text, strlen(text), (uint8_t *)text);
    if (n < 0)
        return "say N BASE64";
    return apparatus_say(request->socket, (const uint8_t *)text, (size_t)n) ? NULL : "10 minutes are queued already";
}

static const char *hush(struct request *request)
{
    apparatus_hush(request->socket);
    return NULL;
}

static const char *hear(struct request *request)
{
    int on = parse_choice(request->words[0], "off", "on");
    uint8_t bit = (uint8_t)(1U << request->index);
    if (on < 0)
        return "hear N on or off";
    request->client->hear_mask = (uint8_t)(on ? request->client->hear_mask | bit : request->client->hear_mask & ~bit);
    return NULL;
}

static const char *ring(struct request *request)
{
    int on = parse_choice(request->words[0], "off", "on");
    if (on < 0)
        return "ring N on or off";
    uint32_t hz = 0;
    if (request->count > 1 && !parse_number(request->words[1], 400, &hz))
        return "ring N on HZ: up to 400";
    request->socket->ringing = on;
    request->socket->ring_hz = hz;
    return NULL;
}

static const char *loop(struct request *request)
{
    int open = parse_choice(request->words[0], "closed", "open");
    if (open < 0)
        return "loop N open or closed";
    request->socket->loop_open = open;
    return NULL;
}

static const char *polarity(struct request *request)
{
    apparatus_reverse(request->socket);
    return NULL;
}

static const char *parallel(struct request *request)
{
    int on = parse_choice(request->words[0], "off", "on");
    if (on < 0)
        return "parallel N on or off";
    request->socket->parallel = on;
    return NULL;
}

static const char *step(struct request *request)
{
    struct host_card *card = request->card;
    uint32_t ms;
    if (!card->lockstep)
        return "step needs --lockstep";
    if (!parse_number(request->words[0], MAX_STEP_MS, &ms))
        return "step MS: 0 to 3600000 ms";
    card->step_rest_ms += ms;
    for (; card->step_rest_ms >= LINECARD_TICK_MS; card->step_rest_ms -= LINECARD_TICK_MS)
        host_card_tick(card);
    return NULL;
}

static const char *corrupt(struct request *request)
{
    return parse_number(request->words[0], 1000000, &request->card->link.corrupt) ? NULL : "corrupt COUNT";
}

static const char *mute(struct request *request)
{
    uint32_t ms;
    if (!parse_number(request->words[0], 3600 * 1000, &ms))
        return "mute MS";
    request->card->link.muted = ms > 0;
    request->card->link.muted_until_ms = request->card->now_ms + ms;
    return NULL;
}

static void print_socket(struct stimulus_client *client, const struct host_card *card, int index)
{
    const struct linecard_socket *socket = &card->core.sockets[index];
    const struct apparatus *apparatus = &card->sockets[index];
    if (card->core.config.fxs_mask >> index & 1)
        stimulus_print(client, "* state %d fxs handset=%s hook=%s ringing=%s queued=%zu\n", index + 1,
                       apparatus->lifted ? "lifted" : "down", hook_is_lifted(&socket->hook) ? "off" : "on",
                       card->core.ringer.sockets[index].state != RINGER_IDLE ? "on" : "off", apparatus->queue_count);
    else
        stimulus_print(client, "* state %d fxo hook=%s ring=%s loop=%s queued=%zu\n", index + 1,
                       card->off_hook_mask >> index & 1 ? "off" : "on", apparatus->ringing ? "on" : "off",
                       apparatus->loop_open ? "open" : "closed", apparatus->queue_count);
}

static const char *state(struct request *request)
{
    const struct host_card *card = request->card;
    const struct link_counters *counters = link_get_counters(&card->core.link);
    stimulus_print(request->client,
                   "* state card at_ms=%u link=%s lifeline=%s good=%u bad=%u lost=%u underruns=%u overruns=%u\n",
                   card->now_ms, card->core.state == LINECARD_UP ? "up" : "down", host_card_is_lifeline_on(card) ? "on" : "off",
                   counters->good_frames, counters->bad_frames, counters->lost_audio, card->core.playout.underruns,
                   card->core.playout.overruns);
    for (int i = 0; i < LINK_SOCKETS; i++)
        if ((card->core.config.fxs_mask | card->core.config.fxo_mask) >> i & 1)
            print_socket(request->client, card, i);
    return NULL;
}

enum kind { NO_SOCKET, ANY_SOCKET, FXS_SOCKET, FXO_SOCKET };

static const struct command {
    const char *name;
    enum kind kind;
    size_t least, most;          /* words after the socket's number */
    command_obey obey;
} COMMANDS[] = {
    {"lift", FXS_SOCKET, 0, 0, lift},
    {"hang_up", FXS_SOCKET, 0, 0, hang_up},
    {"flash", FXS_SOCKET, 1, 1, flash},
    {"press", ANY_SOCKET, 1, 2, press},
    {"say", ANY_SOCKET, 1, 1, say},
    {"hush", ANY_SOCKET, 0, 0, hush},
    {"hear", ANY_SOCKET, 1, 1, hear},
    {"ring", FXO_SOCKET, 1, 2, ring},
    {"loop", FXO_SOCKET, 1, 1, loop},
    {"polarity", FXO_SOCKET, 0, 0, polarity},
    {"parallel", FXO_SOCKET, 1, 1, parallel},
    {"step", NO_SOCKET, 1, 1, step},
    {"corrupt", NO_SOCKET, 1, 1, corrupt},
    {"mute", NO_SOCKET, 1, 1, mute},
    {"state", NO_SOCKET, 0, 0, state},
};

static const char *find_socket(struct request *request, enum kind kind, const char *word)
{
    const struct linecard_config *config = &request->card->core.config;
    uint32_t number;
    if (!word || !parse_number(word, LINK_SOCKETS, &number) || number < 1)
        return "a socket number 1-8 must follow";
    uint8_t bit = (uint8_t)(1U << (number - 1));
    if (!((config->fxs_mask | config->fxo_mask) & bit))
        return "no such socket on this card";
    if (kind == FXS_SOCKET && !(config->fxs_mask & bit))
        return "not a telephone's socket";
    if (kind == FXO_SOCKET && !(config->fxo_mask & bit))
        return "not an exchange line's socket";
    request->index = (int)number - 1;
    request->socket = &request->card->sockets[number - 1];
    return NULL;
}

static const char *obey_words(struct request *request, const struct command *command, char **rest)
{
    if (command->kind != NO_SOCKET) {
        const char *wrong = find_socket(request, command->kind, strtok_r(NULL, " \t\r", rest));
        if (wrong)
            return wrong;
    }
    for (char *word; (word = strtok_r(NULL, " \t\r", rest)) != NULL;) {
        if (request->count == command->most)
            return "too many words";
        request->words[request->count++] = word;
    }
    return request->count < command->least ? "something is missing" : command->obey(request);
}

void host_card_obey(void *context, struct stimulus_client *client, char *line)
{
    struct request request = {.card = context, .client = client};
    const char *wrong = "no such command";
    char *rest = NULL;
    const char *name = strtok_r(line, " \t\r", &rest);
    for (size_t i = 0; name && i < sizeof COMMANDS / sizeof COMMANDS[0]; i++)
        if (strcmp(COMMANDS[i].name, name) == 0)
            wrong = obey_words(&request, &COMMANDS[i], &rest);
    if (wrong)
        stimulus_print(client, "error %s\n", wrong);
    else
        stimulus_print(client, "ok\n");
}
