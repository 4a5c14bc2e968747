# audio/: the audio loop and its detectors, as a library with the link's code in it. -O3: its inner
# loops become vectors.
AUDIO_SRC = $(wildcard audio/*.c)
AUDIO_DEPS = $(AUDIO_SRC) $(wildcard audio/*.h audio/include/*.h link/*.c link/include/*.h)
AUDIO_OBJ = $(patsubst %.c,$(BUILD)/firmware/pic/%.o,$(AUDIO_SRC) $(wildcard link/*.c))
AUDIO_TESTS = $(wildcard tests/audio/test_*.c)
AUDIO_TEST_BINS = $(patsubst tests/audio/%.c,$(BUILD)/firmware/audio/%,$(AUDIO_TESTS))
AUDIO_SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

ALL += $(BUILD)/libaudio_loop.a $(BUILD)/bench-audio $(BUILD)/bench-echo $(BUILD)/bench-blocks $(BUILD)/bench-idle \
	$(BUILD)/load-calls
CHECKS += check-audio check-audio-tsan check-audio-no-alloc check-audio-load
.PHONY: check-audio check-audio-tsan check-audio-no-alloc check-audio-load
.SECONDARY: $(AUDIO_TEST_BINS)

$(BUILD)/firmware/pic/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(STD) $(WARN) $(CFLAGS) -O3 -fPIC -pthread $(CPPFLAGS) -MMD -MP -c -o $@ $<
-include $(AUDIO_OBJ:.o=.d)

$(BUILD)/libaudio_loop.a: $(AUDIO_OBJ)
	rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/bench-audio: tests/audio/bench_call.c $(BUILD)/libaudio_loop.a
	$(CC) $(STD) $(WARN) $(CFLAGS) $(CPPFLAGS) -o $@ $< $(BUILD)/libaudio_loop.a -lm -pthread

$(BUILD)/bench-idle: tests/audio/bench_idle.c $(BUILD)/libaudio_loop.a
	$(CC) $(STD) $(WARN) $(CFLAGS) $(CPPFLAGS) -o $@ $< $(BUILD)/libaudio_loop.a -lm -pthread

$(BUILD)/bench-echo: tests/audio/bench_echo.c $(BUILD)/libaudio_loop.a
	$(CC) $(STD) $(WARN) $(CFLAGS) $(CPPFLAGS) -o $@ $< $(BUILD)/libaudio_loop.a -lm -pthread

$(BUILD)/load-calls: tests/audio/load_calls.c $(BUILD)/libaudio_loop.a
	$(CC) $(STD) $(WARN) $(CFLAGS) $(CPPFLAGS) -o $@ $< $(BUILD)/libaudio_loop.a -lm -pthread
# Ten virtual minutes of as many calls as there are ports: not one sample is lost.
check-audio-load: $(BUILD)/load-calls
	$< virtual 10

$(BUILD)/bench-blocks: tests/audio/bench_blocks.c $(BUILD)/libaudio_loop.a
	$(CC) $(STD) $(WARN) $(CFLAGS) $(CPPFLAGS) -o $@ $< $(BUILD)/libaudio_loop.a -lm -pthread

# Sanitized objects are made once and shared by the test programs.
AUDIO_SANE_OBJ = $(patsubst %.c,$(BUILD)/firmware/sane/%.o,$(AUDIO_SRC) $(wildcard link/*.c) tests/audio/bed.c tests/audio/echo_bed.c \
	tests/audio/stream_bed.c)
$(BUILD)/firmware/sane/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(STD) $(WARN) -O1 -g $(AUDIO_SANITIZE) -pthread $(CPPFLAGS) -MMD -MP -c -o $@ $<
-include $(AUDIO_SANE_OBJ:.o=.d)

$(BUILD)/firmware/audio/test_%: tests/audio/test_%.c $(AUDIO_SANE_OBJ)
	@mkdir -p $(@D)
	$(CC) $(STD) $(WARN) -O1 -g $(AUDIO_SANITIZE) $(CPPFLAGS) -MMD -MP -o $@ $< $(AUDIO_SANE_OBJ) -lcmocka -lm -pthread
-include $(AUDIO_TEST_BINS:=.d)

check-audio: $(AUDIO_TEST_BINS)
	@set -e; for t in $(AUDIO_TEST_BINS); do echo "$$t"; $$t; done

$(BUILD)/firmware/audio/tsan_threads: tests/audio/tsan_threads.c $(AUDIO_DEPS)
	@mkdir -p $(@D)
	$(CC) $(STD) $(WARN) -O1 -g -fsanitize=thread $(CPPFLAGS) -o $@ $< $(AUDIO_SRC) $(wildcard link/*.c) -lcmocka -lm -pthread
check-audio-tsan: $(BUILD)/firmware/audio/tsan_threads
	$<

# Nothing in the tick allocates, locks, prints or opens: the library as it ships, with those calls caught.
NO_ALLOC_WRAPS = audio_loop_step pthread_mutex_lock pthread_mutex_trylock pthread_cond_wait pthread_cond_signal \
  pthread_cond_broadcast fopen open close vfprintf vsnprintf puts printf fprintf snprintf
$(BUILD)/firmware/audio/no_alloc_in_tick: tests/audio/no_alloc_in_tick.c tests/audio/bed.c tests/audio/bed.h $(BUILD)/libaudio_loop.a
	@mkdir -p $(@D)
	$(CC) $(STD) $(WARN) -O1 -g -fno-builtin $(CPPFLAGS) $(addprefix -Wl$(COMMA)--wrap=,$(NO_ALLOC_WRAPS)) -o $@ \
	  tests/audio/no_alloc_in_tick.c tests/audio/bed.c $(BUILD)/libaudio_loop.a -lcmocka -lm -pthread
check-audio-no-alloc: $(BUILD)/firmware/audio/no_alloc_in_tick
	$<
COMMA = ,

-include audio/dsp.mk
