# The ears alone: detectors, tone generator and µ-law, tested on synthesised signals.
DSP_SRC = audio/dtmf.c audio/dtmf_track.c audio/cadence.c audio/tone_watch.c audio/level.c audio/biquad.c audio/tone_gen.c audio/g711.c \
	audio/secret.c audio/meter.c audio/agc.c audio/tone_match.c audio/tone_bursts.c audio/tone_spectrum.c
DSP_DEPS = $(DSP_SRC) $(wildcard audio/*.h) tests/dsp/synth.c tests/dsp/synth.h
DSP_TESTS = $(patsubst tests/dsp/%.c,$(BUILD)/firmware/dsp/%,$(wildcard tests/dsp/test_*.c))
DSP_SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

ALL += $(BUILD)/hear-dtmf $(BUILD)/bench-detectors
CHECKS += check-dsp
.PHONY: check-dsp peers

$(BUILD)/firmware/dsp/test_%: tests/dsp/test_%.c $(DSP_DEPS)
	@mkdir -p $(@D)
	$(CC) $(STD) $(WARN) -O2 -g $(DSP_SANITIZE) $(CPPFLAGS) -Iaudio -Itests/dsp -o $@ $< tests/dsp/synth.c $(DSP_SRC) -lcmocka -lm
check-dsp: $(DSP_TESTS)
	@set -e; for t in $(DSP_TESTS); do echo "$$t"; $$t; done

# The touch-tone detector as a program, for tests/dsp/ of the whole project; spandsp's to compare with.
$(BUILD)/hear-dtmf: ../tests/dsp/hear_dtmf.c $(DSP_DEPS)
	@mkdir -p $(@D)
	$(CC) $(STD) $(WARN) $(CFLAGS) -O3 $(CPPFLAGS) -Iaudio -o $@ $< $(DSP_SRC) -lm
peers: $(BUILD)/hear-spandsp
$(BUILD)/hear-spandsp: ../tests/dsp/hear_spandsp.c
	@mkdir -p $(@D)
	$(CC) $(STD) -Wall -Wextra -Werror $(CFLAGS) -D_GNU_SOURCE -o $@ $< -lspandsp -lm

$(BUILD)/bench-detectors: tests/dsp/bench_detectors.c $(DSP_DEPS)
	@mkdir -p $(@D)
	$(CC) $(STD) $(WARN) $(CFLAGS) -O3 $(CPPFLAGS) -Iaudio -Itests/dsp -o $@ $< tests/dsp/synth.c $(DSP_SRC) -lm
