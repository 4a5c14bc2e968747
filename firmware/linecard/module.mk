# linecard/: the HAT's program; its host build is $(BUILD)/linecard-host.
LINECARD_CORE_SRC = $(wildcard linecard/core/*.c)
LINECARD_HOST_SRC = $(filter-out linecard/hal/host/main.c,$(wildcard linecard/hal/host/*.c))
LINECARD_SRC = $(LINECARD_CORE_SRC) $(LINK_SRC) audio/g711.c
LINECARD_DEPS = $(LINECARD_SRC) $(wildcard linecard/core/*.h linecard/hal/host/*.[ch] link/include/*.h audio/g711.h)
LINECARD_TESTS = $(patsubst tests/linecard/%.c,$(BUILD)/firmware/linecard/%,$(wildcard tests/linecard/test_*.c))
SANITIZE ?= -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
ALL += $(BUILD)/linecard-host
CHECKS += check-linecard
.PHONY: check-linecard

$(BUILD)/linecard-host: $(LINECARD_DEPS)
	@mkdir -p $(@D)
	$(CC) $(STD) $(WARN) $(CFLAGS) $(CPPFLAGS) -o $@ linecard/hal/host/main.c $(LINECARD_HOST_SRC) $(LINECARD_SRC) -lm

$(BUILD)/firmware/linecard/test_%: tests/linecard/test_%.c $(LINECARD_DEPS)
	@mkdir -p $(@D)
	$(CC) $(STD) $(WARN) -O1 -g $(SANITIZE) $(CPPFLAGS) -o $@ $< $(LINECARD_HOST_SRC) $(LINECARD_SRC) -lcmocka -lm
check-linecard: $(LINECARD_TESTS)
	@for test in $^; do $$test || exit 1; done
