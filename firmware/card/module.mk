# card/: the sound card's side of the memory it shares with the audio loop; runs in a process of its own.
CARD_OBJ = $(BUILD)/firmware/pic/card/card_side.o
CARD_SANE_OBJ = $(BUILD)/firmware/sane/card/card_side.o $(BUILD)/firmware/sane/tests/card/emulated_card.o $(AUDIO_SANE_OBJ)
CARD_TESTS = $(wildcard tests/card/test_*.c)
CARD_TEST_BINS = $(patsubst tests/card/%.c,$(BUILD)/firmware/card/%,$(CARD_TESTS))
CPPFLAGS += -Icard/include

ALL += $(BUILD)/libcard_side.a
CHECKS += check-card check-card-tsan
.PHONY: check-card check-card-tsan
-include $(CARD_OBJ:.o=.d)

$(BUILD)/libcard_side.a: $(CARD_OBJ) $(BUILD)/firmware/pic/audio/card_ring.o
	rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/firmware/card/test_%: tests/card/test_%.c $(CARD_SANE_OBJ)
	@mkdir -p $(@D)
	$(CC) $(STD) $(WARN) -O1 -g $(AUDIO_SANITIZE) $(CPPFLAGS) -MMD -MP -o $@ $< $(CARD_SANE_OBJ) -lspeexdsp -lcmocka -lm -pthread
.SECONDARY: $(CARD_SANE_OBJ) $(CARD_TEST_BINS)
-include $(CARD_TEST_BINS:=.d)
check-card: $(CARD_TEST_BINS)
	@set -e; for t in $(CARD_TEST_BINS); do echo "$$t"; $$t; done

$(BUILD)/firmware/card/tsan_card: tests/card/tsan_card.c card/card_side.c card/include/card_side.h $(AUDIO_DEPS)
	@mkdir -p $(@D)
	$(CC) $(STD) $(WARN) -O1 -g -fsanitize=thread $(CPPFLAGS) -o $@ $< card/card_side.c $(AUDIO_SRC) $(wildcard link/*.c) -lspeexdsp -lm -pthread
check-card-tsan: $(BUILD)/firmware/card/tsan_card
	$<
