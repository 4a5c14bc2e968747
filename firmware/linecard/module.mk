# linecard/: the HAT's program; its host build is $(BUILD)/linecard-host.
LINECARD_CORE_SRC = $(wildcard linecard/core/*.c)
LINECARD_HOST_SRC = $(filter-out linecard/hal/host/main.c,$(wildcard linecard/hal/host/*.c))
LINECARD_SRC = $(LINECARD_CORE_SRC) $(LINK_SRC) audio/g711.c
LINECARD_DEPS = $(LINECARD_SRC) $(wildcard linecard/core/*.h linecard/hal/host/*.[ch] link/include/*.h audio/g711.h)
SANITIZE ?= -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
LINECARD_SANE = $(BUILD)/firmware/linecard/sane
LINECARD_SANE_OBJ = $(patsubst %.c,$(LINECARD_SANE)/%.o,$(LINECARD_HOST_SRC) $(LINECARD_SRC))
LINECARD_TEST_SRC = audio/fsk.c tests/linecard/linecard_bench.c
LINECARD_TESTS = $(patsubst tests/linecard/%.c,$(BUILD)/firmware/linecard/%,$(wildcard tests/linecard/test_*.c))
ALL += $(BUILD)/linecard-host
CHECKS += check-linecard
.PHONY: check-linecard

$(BUILD)/linecard-host: $(LINECARD_DEPS)
	@mkdir -p $(@D)
	$(CC) $(STD) $(WARN) $(CFLAGS) $(CPPFLAGS) -o $@ linecard/hal/host/main.c $(LINECARD_HOST_SRC) $(LINECARD_SRC) -lm

$(LINECARD_SANE)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(STD) $(WARN) -O1 -g $(SANITIZE) $(CPPFLAGS) -MMD -MP -c -o $@ $<
$(BUILD)/firmware/linecard/test_%: tests/linecard/test_%.c $(LINECARD_SANE_OBJ) $(LINECARD_TEST_SRC)
	@mkdir -p $(@D)
	$(CC) $(STD) $(WARN) -O1 -g $(SANITIZE) $(CPPFLAGS) -MMD -MP -o $@ $< $(LINECARD_SANE_OBJ) $(LINECARD_TEST_SRC) -lcmocka -lm
.SECONDARY: $(LINECARD_SANE_OBJ)
-include $(LINECARD_SANE_OBJ:.o=.d) $(LINECARD_TESTS:=.d)
check-linecard: $(LINECARD_TESTS)
	@for test in $^; do $$test || exit 1; done
