/* load_roms: reads every image that make roms wrote into memory, as firmware does, and checks count and CRC-32.
 *   cd ROMS && cc -o load_roms load_roms.c && ./load_roms
 *   ./load_roms core_program > program.bin    writes the words of one image as bytes, lowest byte first */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "roms.h"

static int digit(char c) { return c >= 'a' ? c - 'a' + 10 : c >= 'A' ? c - 'A' + 10 : c - '0'; }

/* Fill `memory` with words of `size` bytes and return how many the file has; one hexadecimal word a line, @ is an address. */
static uint32_t load(const char *file, uint8_t *memory, size_t size, uint32_t words)
{
    static char line[1 << 16];
    uint32_t count = 0;
    FILE *text = fopen(file, "r");
    while (text && fgets(line, sizeof line, text)) {
        size_t digits = strspn(line, "0123456789abcdefABCDEF");
        if (digits == 0 || count++ >= words) continue;
        for (size_t k = 0; k < digits && k < 2 * size; k++)
            memory[(count - 1) * size + k / 2] |= digit(line[digits - 1 - k]) << (k % 2 * 4);
    }
    if (text) fclose(text);
    return count;
}

int main(int argc, char **argv)
{
    int wrong = 0;
    for (const struct t2c_image *image = t2c_images; image < t2c_images + T2C_IMAGES; image++) {
        size_t size = (image->word_bits + 7) / 8, bytes = size * image->words;
        uint8_t *memory = calloc(bytes, 1);     /* firmware: the address of the memory or of the DMA buffer */
        uint32_t count = load(image->file, memory, size, image->words), crc = ~0u;
        for (size_t k = 0; k < 8 * bytes; k++) crc = crc >> 1 ^ ((crc ^ memory[k / 8] >> k % 8) & 1 ? 0xedb88320u : 0);
        int same = count == image->words && ~crc == image->crc32;
        if (argc < 2) printf("%s %s: %u words of %u bits\n", same ? "ok  " : "FAIL", image->file, count, image->word_bits);
        else if (strcmp(argv[1], image->name) == 0) fwrite(memory, 1, bytes, stdout);
        wrong |= !same;
        free(memory);
    }
    return wrong;
}
