# The ears alone: detectors, tone generator and µ-law, tested on synthesised signals.
DSP_SRC = audio/dtmf.c audio/dtmf_track.c audio/cadence.c audio/tone_watch.c audio/tone_match.c audio/tone_bursts.c \
	audio/tone_spectrum.c audio/level.c audio/biquad.c audio/tone_gen.c audio/g711.c audio/secret.c audio/meter.c \
	audio/agc.c audio/answer_ear.c audio/sound_run.c audio/ringback_ear.c audio/fsk.c audio/caller_id.c
DSP_SYNTH = tests/dsp/synth.c tests/dsp/fsk_synth.c
DSP_DEPS = $(DSP_SRC) $(wildcard audio/*.h) $(DSP_SYNTH) $(wildcard tests/dsp/*.h)
DSP_TESTS = $(patsubst tests/dsp/%.c,$(BUILD)/firmware/dsp/%,$(wildcard tests/dsp/test_*.c))
DSP_SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

ALL += $(BUILD)/hear-answer $(BUILD)/hear-dtmf $(BUILD)/score-caller-id
CHECKS += check-dsp
.PHONY: check-dsp peers

$(BUILD)/firmware/dsp/test_%: tests/dsp/test_%.c $(DSP_DEPS)
	@mkdir -p $(@D)
	$(CC) $(STD) $(WARN) -O2 -g $(DSP_SANITIZE) $(CPPFLAGS) -Iaudio -Itests/dsp -o $@ $< $(DSP_SYNTH) $(DSP_SRC) -lcmocka -lm
check-dsp: $(DSP_TESTS)
	@set -e; for t in $(DSP_TESTS); do echo "$$t"; $$t; done

# The touch-tone detector as a program, for tests/dsp/ of the whole project; spandsp's to compare with.
$(BUILD)/hear-dtmf: ../tests/dsp/hear_dtmf.c $(DSP_DEPS)
	@mkdir -p $(@D)
	$(CC) $(STD) $(WARN) $(CFLAGS) -O3 $(CPPFLAGS) -Iaudio -o $@ $< $(DSP_SRC) -lm
$(BUILD)/hear-answer: ../tests/dsp/hear_answer.c $(DSP_DEPS)
	@mkdir -p $(@D)
	$(CC) $(STD) $(WARN) $(CFLAGS) -O3 $(CPPFLAGS) -Iaudio -o $@ $< $(DSP_SRC) -lm
peers: $(BUILD)/hear-spandsp
$(BUILD)/hear-spandsp: ../tests/dsp/hear_spandsp.c
	@mkdir -p $(@D)
	$(CC) $(STD) -Wall -Wextra -Werror $(CFLAGS) -D_GNU_SOURCE -o $@ $< -lspandsp -lm

# How much caller ID is read through noise, levels, twist and clock errors: the table of docs/audio.md.
$(BUILD)/score-caller-id: tests/dsp/score_caller_id.c $(DSP_DEPS)
	@mkdir -p $(@D)
	$(CC) $(STD) $(WARN) $(CFLAGS) $(CPPFLAGS) -Iaudio -Itests/dsp -o $@ $< $(DSP_SYNTH) $(DSP_SRC) -lm
