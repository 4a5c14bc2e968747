# The flashable images of the HAT, .bin and .uf2: $(BUILD)/linecard with two lines, and with four.
# `make -C firmware linecard-image`
ARM_CC ?= arm-none-eabi-gcc
ARM_SIZE ?= arm-none-eabi-size
ARM_FLAGS = -mcpu=cortex-m0plus -mthumb -Os -g -ffreestanding -ffunction-sections -fdata-sections
ARM_LINK = $(ARM_FLAGS) -nostartfiles --specs=nano.specs -Wl,--gc-sections -Wl,--fatal-warnings
RP2040_SRC = $(wildcard linecard/hal/rp2040/*.c) $(LINECARD_CORE_SRC) $(LINK_SRC) audio/g711.c
RP2040_DIR = $(BUILD)/firmware/rp2040
RP2040_OBJ = $(patsubst %.c,$(RP2040_DIR)/%.o,$(RP2040_SRC)) $(RP2040_DIR)/linecard/hal/rp2040/boot2.o
RP2040_DEPS = $(wildcard linecard/core/*.h linecard/hal/rp2040/*.h link/include/*.h audio/g711.h) linecard/rp2040.mk
RP2040_IMAGES = $(BUILD)/linecard $(BUILD)/linecard-4-lines
.PHONY: linecard-image
linecard-image: $(RP2040_IMAGES:%=%.uf2)

$(RP2040_DIR)/%.o: %.c $(RP2040_DEPS)
	@mkdir -p $(@D)
	$(ARM_CC) $(STD) $(WARN) $(ARM_FLAGS) -I. -Ilink/include -c -o $@ $<
$(RP2040_DIR)/%.o: %.S
	@mkdir -p $(@D)
	$(ARM_CC) $(ARM_FLAGS) -c -o $@ $<
# A board with four lines differs in its sockets only.
RP2040_FACE = linecard/hal/rp2040/core_face
RP2040_OBJ_4 = $(patsubst %/$(RP2040_FACE).o,%/$(RP2040_FACE)-4-lines.o,$(RP2040_OBJ))
$(RP2040_DIR)/$(RP2040_FACE)-4-lines.o: $(RP2040_FACE).c $(RP2040_DEPS)
	@mkdir -p $(@D)
	$(ARM_CC) $(STD) $(WARN) $(ARM_FLAGS) -DBOARD_FXO_SOCKETS=0xF0U -I. -Ilink/include -c -o $@ $<
$(BUILD)/linecard.elf: $(RP2040_OBJ)
$(BUILD)/linecard-4-lines.elf: $(RP2040_OBJ_4)
$(RP2040_IMAGES:%=%.elf): %.elf: linecard/hal/rp2040/rp2040.ld
	$(ARM_CC) $(ARM_LINK) -T $< -Wl,-Map=$(@:.elf=.map) -o $@ $(filter %.o,$^) -lgcc
$(RP2040_IMAGES:%=%.uf2): %.uf2: %.elf $(wildcard linecard/image/*.py)
	@echo $(notdir $@)
	cd .. && python3 -m firmware.linecard.image $(abspath $<) --bin $(abspath $(@:.uf2=.bin)) --uf2 $(abspath $@)

# The test's boot ROM: what the mask ROM of the chip does at power-up, for the emulator.
$(BUILD)/rp2040-bootrom.bin: ../tests/rp2040/bootrom/bootrom.S ../tests/rp2040/bootrom/bootrom.ld
	@mkdir -p $(RP2040_DIR)
	$(ARM_CC) $(ARM_FLAGS) -nostdlib -T ../tests/rp2040/bootrom/bootrom.ld -o $(RP2040_DIR)/bootrom.elf $<
	arm-none-eabi-objcopy -O binary $(RP2040_DIR)/bootrom.elf $@
linecard-emulation: linecard-image $(BUILD)/rp2040-bootrom.bin
.PHONY: linecard-emulation
