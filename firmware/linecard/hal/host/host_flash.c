/* SPDX-License-Identifier: Apache-2.0 */
/* Flash as a mapped file: what was written when the process is killed is what a power cut leaves. */
#include "linecard/hal/host/host_flash.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void erase(void *context, uint32_t offset)
{
    struct host_flash *flash = context;
    memset(flash->bytes + offset, 0xFF, FLASH_SECTOR);
}

static void program(void *context, uint32_t offset, const uint8_t *page)
{
    struct host_flash *flash = context;
    for (uint32_t i = 0; i < FLASH_PAGE; i++)
        flash->bytes[offset + i] &= page[i];
}

static void reboot(void *context)
{
    struct host_flash *flash = context;
    flash->rebooting = true;
}

static int read_key(struct host_flash *flash, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return -1;
    size_t n = fread(flash->key, 1, sizeof flash->key, file);
    fclose(file);
    errno = EINVAL;
    return n == sizeof flash->key ? 0 : -1;
}

/* The descriptor of a file of the flash's size. */
static int open_file(const char *path, bool *blank)
{
    struct stat found;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || fstat(fd, &found) < 0)
        return -1;
    *blank = found.st_size == 0;
    if (*blank && ftruncate(fd, FLASH_BYTES) == 0)
        return fd;
    if (found.st_size == FLASH_BYTES)
        return fd;
    close(fd);
    errno = EINVAL;
    return -1;
}

int host_flash_open(struct host_flash *flash, const char *path, const char *key_path)
{
    bool blank = false;
    if (read_key(flash, key_path) < 0)
        return -1;
    int fd = open_file(path, &blank);
    if (fd < 0)
        return -1;
    void *bytes = mmap(NULL, FLASH_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (bytes == MAP_FAILED)
        return -1;
    flash->bytes = bytes;
    if (blank)
        memset(flash->bytes, 0xFF, FLASH_BYTES);
    return 0;
}

struct update_config host_flash_boot(struct host_flash *flash)
{
    struct update_config config = {
        .flash = {flash, flash->bytes, erase, program, reboot}, .key = flash->key, .board = "HOST", .slot = FLASH_SLOT_A,
    };
    flash->rebooting = false;
    const struct boot_choice choice = boot_choose(&config.flash);
    if (choice.slot)
        config.slot = choice.slot;
    const char *text = (const char *)flash->bytes + config.slot + IMAGE_PROGRAM;
    flash->program = memcmp(text, "hangs", 5) == 0  ? HOST_PROGRAM_HANGS
                     : memcmp(text, "deaf", 4) == 0 ? HOST_PROGRAM_DEAF
                                                    : HOST_PROGRAM_WELL;
    return config;
}
