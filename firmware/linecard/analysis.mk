# Analysers, fuzzing and branch coverage of linecard/ and link/. Debian packages: cppcheck clang-tidy clang gcovr
# libclang-rt-14-dev libcmocka-dev.
ANALYSED = $(LINECARD_CORE_SRC) $(LINECARD_HOST_SRC) linecard/hal/host/main.c $(LINK_SRC)
ANALYSED_H = $(wildcard linecard/core/*.h linecard/hal/host/*.h link/include/*.h)
STAMPS = $(BUILD)/firmware/analysed
FUZZ_LINK_RUNS ?= 20000
FUZZ_CARD_RUNS ?= 600
FUZZ_SECONDS ?= 600
COVERAGE = $(BUILD)/firmware/coverage
COVERAGE_LEAST ?= 95
CHECKS += check-linecard-analyser check-linecard-cppcheck check-linecard-tidy check-linecard-fuzz check-linecard-coverage
.PHONY: check-linecard-analyser check-linecard-cppcheck check-linecard-tidy check-linecard-fuzz fuzz-linecard \
	check-linecard-coverage

$(STAMPS)/gcc: $(ANALYSED) $(ANALYSED_H)
	@mkdir -p $(@D)
	@set -e; for source in $(ANALYSED); do \
	    $(CC) $(STD) $(WARN) -Wdouble-promotion -Wundef -Wstrict-prototypes -Wmissing-prototypes -fanalyzer -O1 \
	        $(CPPFLAGS) -c -o /dev/null $$source; done
	@touch $@
check-linecard-analyser: $(STAMPS)/gcc

$(STAMPS)/cppcheck: $(ANALYSED) $(ANALYSED_H)
	@mkdir -p $(@D)
	cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
	    --suppress=missingIncludeSystem --suppress=normalCheckLevelMaxBranches -D_GNU_SOURCE -I. -Ilink/include -Iaudio/include $(ANALYSED)
	@touch $@
check-linecard-cppcheck: $(STAMPS)/cppcheck

# A named set, each of which finds mistakes rather than tastes.
TIDY = -*,bugprone-*,-bugprone-easily-swappable-parameters,-bugprone-narrowing-conversions,$\
-bugprone-implicit-widening-of-multiplication-result,clang-analyzer-core.*,$\
clang-analyzer-deadcode.*,clang-analyzer-unix.*,cert-int*,cert-mem*,misc-redundant-expression,$\
misc-misplaced-const,readability-misleading-indentation,readability-duplicate-include
$(STAMPS)/tidy: $(ANALYSED) $(ANALYSED_H)
	@mkdir -p $(@D)
	@echo $(ANALYSED) | tr ' ' '\n' | xargs -P 2 -I{} clang-tidy --quiet --warnings-as-errors='*' --checks='$(TIDY)' {} -- \
	    $(STD) $(CPPFLAGS)
	@touch $@
check-linecard-tidy: $(STAMPS)/tidy

# --- libFuzzer: a short run of a fixed seed in `check`, long ones by `make fuzz-linecard FUZZ_SECONDS=3600`
FUZZERS = $(BUILD)/firmware/fuzz-link $(BUILD)/firmware/fuzz-card
$(BUILD)/firmware/fuzz-card: tests/linecard/fuzz_card.c $(LINECARD_DEPS)
	@mkdir -p $(@D)
	clang $(STD) $(WARN) -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all $(CPPFLAGS) -o $@ $< \
	    $(LINECARD_CORE_SRC) $(LINK_SRC) linecard/hal/host/si3050_model.c linecard/hal/host/ag1171_model.c
check-linecard-fuzz: $(FUZZERS)
	$(BUILD)/firmware/fuzz-link -seed=1 -runs=$(FUZZ_LINK_RUNS) -max_len=2048 -verbosity=0 -artifact_prefix=$(BUILD)/firmware/
	$(BUILD)/firmware/fuzz-card -seed=1 -runs=$(FUZZ_CARD_RUNS) -len_control=0 -max_len=512 -verbosity=0 -artifact_prefix=$(BUILD)/firmware/
fuzz-linecard: $(FUZZERS)
	@set -e; for fuzzer in $(FUZZERS); do mkdir -p $$fuzzer.corpus; \
	    $$fuzzer $$fuzzer.corpus -max_total_time=$(FUZZ_SECONDS) -max_len=4096 -artifact_prefix=$(BUILD)/firmware/; done

# --- branches of the portable program that its own tests take, per cent
COVERED_OBJ = $(patsubst %.c,$(COVERAGE)/%.o,$(LINECARD_HOST_SRC) $(LINECARD_SRC))
COVERED_TESTS = $(patsubst tests/linecard/%.c,$(COVERAGE)/bin/%,$(wildcard tests/linecard/test_*.c))
$(COVERAGE)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(STD) $(WARN) -O0 -g --coverage $(CPPFLAGS) -MMD -MP -c -o $@ $<
$(COVERAGE)/bin/test_%: tests/linecard/test_%.c $(COVERED_OBJ) $(LINECARD_TEST_SRC) $(wildcard tests/linecard/*.h)
	@mkdir -p $(@D)
	$(CC) $(STD) $(WARN) -O0 -g $(CPPFLAGS) --coverage -fprofile-update=single -o $@ $< $(COVERED_OBJ) $(LINECARD_TEST_SRC) -lcmocka -lm
.SECONDARY: $(COVERED_OBJ)
-include $(COVERED_OBJ:.o=.d)
check-linecard-coverage: $(COVERED_TESTS)
	@find $(COVERAGE) -name '*.gcda' -delete
	@set -e; for test in $^; do $$test >/dev/null 2>&1; done
	gcovr --root . --object-directory $(COVERAGE) --filter 'linecard/core/' --branches --exclude-throw-branches \
	    --fail-under-branch $(COVERAGE_LEAST) $(COVERAGE)
