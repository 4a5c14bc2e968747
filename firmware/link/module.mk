# link/: framing and reliable messages, used by both ends.
LINK_SRC = $(wildcard link/*.c)
LINK_DEPS = $(LINK_SRC) $(wildcard link/include/*.h)

SANITIZE ?= -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
CHECKS += check-link
.PHONY: check-link fuzz-link

$(BUILD)/firmware/test-link: tests/link/test_link.c $(LINK_DEPS)
	@mkdir -p $(@D)
	$(CC) $(STD) $(WARN) -O1 -g $(SANITIZE) $(CPPFLAGS) -o $@ tests/link/test_link.c $(LINK_SRC) -lcmocka
check-link: $(BUILD)/firmware/test-link
	$< ../tests/data/link_golden.json

# Runs for a few seconds; a longer run: build/firmware/fuzz-link CORPUS_DIR
$(BUILD)/firmware/fuzz-link: tests/link/fuzz_link.c $(LINK_DEPS)
	@mkdir -p $(@D)
	clang $(STD) $(WARN) -O1 -g -fsanitize=fuzzer,address,undefined $(CPPFLAGS) -o $@ tests/link/fuzz_link.c $(LINK_SRC)
fuzz-link: $(BUILD)/firmware/fuzz-link
	$< -max_total_time=5 -max_len=2048
