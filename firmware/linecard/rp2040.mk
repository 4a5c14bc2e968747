# The board's firmware in $(BUILD), for two lines (linecard) and four (linecard-4-lines):
#   make -C firmware linecard-image     NAME.bin and .uf2: loader and program, as they lie in flash
#   make -C firmware linecard-update    NAME.fw: the signed file of `counterbell linecard flash`
# LINECARD_PUBLIC_KEY: whose updates the card takes; LINECARD_KEY: the private key that signs them. Without them the
# build makes a development key of its own: firmware that leaves the house wants another (docs/linecard-firmware.md).
ARM_CC ?= arm-none-eabi-gcc
ARM_FLAGS = -mcpu=cortex-m0plus -mthumb -Os -g -ffreestanding -ffunction-sections -fdata-sections
# .data has the code that runs while flash cannot be read.
ARM_LINK = $(ARM_FLAGS) -nostartfiles --specs=nano.specs -Wl,--gc-sections -Wl,--fatal-warnings -Wl,--no-warn-rwx-segments \
	-Wl,--nmagic
RP2040_HAL = linecard/hal/rp2040
RP2040_DIR = $(BUILD)/firmware/rp2040
RP2040_NAMES = linecard linecard-4-lines
LINECARD_DEVELOPMENT_KEY = $(BUILD)/linecard-development.key
LINECARD_KEY ?= $(LINECARD_DEVELOPMENT_KEY)
LINECARD_PUBLIC_KEY ?= $(LINECARD_KEY).pub

# What both have, what the program has, what the loader has.
RP2040_SHARED = $(addprefix $(RP2040_HAL)/,startup.c clocks.c watchdog.c flash.c)
RP2040_LOADER = $(RP2040_SHARED) $(RP2040_HAL)/loader.c linecard/core/boot.c linecard/core/image.c linecard/core/sha256.c \
	link/link_frame.c
RP2040_PROGRAM = $(filter-out $(RP2040_HAL)/loader.c,$(wildcard $(RP2040_HAL)/*.c)) $(LINECARD_CORE_SRC) $(LINK_SRC) \
	audio/g711.c
RP2040_DEPS = $(wildcard linecard/core/*.h $(RP2040_HAL)/*.h link/include/*.h audio/g711.h) linecard/rp2040.mk
rp2040_objects = $(patsubst %.c,$(RP2040_DIR)/%.o,$(1))
.PHONY: linecard-image linecard-update linecard-emulation FORCE
linecard-image: $(RP2040_NAMES:%=$(BUILD)/%.uf2)
linecard-update: $(RP2040_NAMES:%=$(BUILD)/%.fw)

$(RP2040_DIR)/%.o: %.c $(RP2040_DEPS)
	@mkdir -p $(@D)
	$(ARM_CC) $(STD) $(WARN) $(ARM_FLAGS) -I. -Ilink/include -c -o $@ $<
$(RP2040_DIR)/%.o: %.S
	@mkdir -p $(@D)
	$(ARM_CC) $(ARM_FLAGS) -c -o $@ $<
# A board with four lines differs in its sockets only.
RP2040_FACE = $(RP2040_HAL)/core_face
$(RP2040_DIR)/$(RP2040_FACE)-4-lines.o: $(RP2040_FACE).c $(RP2040_DEPS)
	@mkdir -p $(@D)
	$(ARM_CC) $(STD) $(WARN) $(ARM_FLAGS) -DBOARD_FXO_SOCKETS=0xF0U -I. -Ilink/include -c -o $@ $<

# --- the key whose updates are taken
$(LINECARD_DEVELOPMENT_KEY).pub:
	@mkdir -p $(@D)
	@rm -f $(LINECARD_DEVELOPMENT_KEY)
	cd .. && python3 -m firmware.linecard.image.sign make-key $(abspath $(LINECARD_DEVELOPMENT_KEY))
$(RP2040_DIR)/update_key.pub: $(LINECARD_PUBLIC_KEY) FORCE
	@mkdir -p $(@D)
	@test `wc -c < $<` -eq 56 || { echo "$<: no public key (56 bytes)" >&2; exit 1; }
	@cmp -s $< $@ || cp $< $@
$(RP2040_DIR)/update_key.o: $(RP2040_HAL)/update_key.S $(RP2040_DIR)/update_key.pub
	$(ARM_CC) $(ARM_FLAGS) '-DUPDATE_KEY="$(abspath $(RP2040_DIR))/update_key.pub"' -c -o $@ $<

# --- loader, and a program for each slot
RP2040_SCRIPT = $(RP2040_HAL)/rp2040.ld.in linecard/core/flash_map.h linecard/rp2040.mk
$(RP2040_DIR)/%.ld: $(RP2040_SCRIPT)
	@mkdir -p $(@D)
	$(ARM_CC) -E -P -x c -I. $(LD_DEFINE) -o $@ $<
$(RP2040_DIR)/loader.ld: LD_DEFINE = -DLOADER
$(RP2040_DIR)/slot-a.ld: LD_DEFINE = -DSLOT=FLASH_SLOT_A
$(RP2040_DIR)/slot-b.ld: LD_DEFINE = -DSLOT=FLASH_SLOT_B
RP2040_LINK = $(ARM_CC) $(ARM_LINK) -T $(filter %.ld,$^) -Wl,-Map=$(@:.elf=.map) -o $@ $(filter %.o,$^) -lgcc
$(RP2040_DIR)/loader.elf: $(RP2040_DIR)/loader.ld $(RP2040_DIR)/$(RP2040_HAL)/boot2.o $(call rp2040_objects,$(RP2040_LOADER))
	$(RP2040_LINK)
RP2040_OBJ = $(call rp2040_objects,$(RP2040_PROGRAM)) $(RP2040_DIR)/update_key.o
RP2040_OBJ_4 = $(patsubst %/$(RP2040_FACE).o,%/$(RP2040_FACE)-4-lines.o,$(RP2040_OBJ))
$(RP2040_DIR)/linecard-%.elf: $(RP2040_DIR)/slot-%.ld $(RP2040_OBJ)
	$(RP2040_LINK)
$(RP2040_DIR)/linecard-4-lines-%.elf: $(RP2040_DIR)/slot-%.ld $(RP2040_OBJ_4)
	$(RP2040_LINK)
.SECONDARY: $(RP2040_OBJ) $(RP2040_OBJ_4) $(call rp2040_objects,$(RP2040_LOADER))

# --- what is flashed, by USB and over the link
RP2040_MAKER = $(wildcard linecard/image/*.py) linecard/core/linecard.h
$(RP2040_NAMES:%=$(BUILD)/%.uf2): $(BUILD)/%.uf2: $(RP2040_DIR)/loader.elf $(RP2040_DIR)/%-a.elf $(RP2040_DIR)/%-b.elf $(RP2040_MAKER)
	@echo $(notdir $@)
	cd .. && python3 -m firmware.linecard.image flash --loader $(abspath $<) --slot-a $(abspath $(RP2040_DIR)/$*-a.elf) \
	    --board $(BOARD) --bin $(abspath $(@:.uf2=.bin)) --uf2 $(abspath $@)
$(RP2040_NAMES:%=$(BUILD)/%.fw): $(BUILD)/%.fw: $(RP2040_DIR)/%-a.elf $(RP2040_DIR)/%-b.elf $(LINECARD_PUBLIC_KEY) $(RP2040_MAKER)
	cd .. && python3 -m firmware.linecard.image update --key $(abspath $(LINECARD_KEY)) --slot-a $(abspath $<) \
	    --slot-b $(abspath $(RP2040_DIR)/$*-b.elf) --board $(BOARD) --out $(abspath $@)
$(BUILD)/linecard.%: BOARD = B-2FXO
$(BUILD)/linecard-4-lines.%: BOARD = B-4FXO

# The test's boot ROM: what the mask ROM of the chip does at power-up, for the emulator.
$(BUILD)/rp2040-bootrom.bin: ../tests/rp2040/bootrom/bootrom.S ../tests/rp2040/bootrom/bootrom.ld
	@mkdir -p $(RP2040_DIR)
	$(ARM_CC) $(ARM_FLAGS) -nostdlib -T ../tests/rp2040/bootrom/bootrom.ld -o $(RP2040_DIR)/bootrom.elf $<
	arm-none-eabi-objcopy -O binary $(RP2040_DIR)/bootrom.elf $@
linecard-emulation: linecard-image $(BUILD)/rp2040-bootrom.bin
