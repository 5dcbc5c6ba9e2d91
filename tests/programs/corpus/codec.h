/* Compresses and decompresses a text again and again. What includes this defines `pack` and `unpack`, which return the
 * length of what they wrote, and the settings that are gone through. */

#include "input.h"

static size_t pack(char *to, size_t room, const char *from, size_t length, int setting);
static size_t unpack(char *to, size_t room, const char *from, size_t length);

/* `portable` says whether what is packed is the same on all machines. */
static int work(int argc, char **argv, const int *settings, int count, int portable)
{
    size_t room = TEXT + TEXT / 2;
    char *text = malloc(TEXT), *packed = malloc(room), *back = malloc(TEXT);
    require(text && packed && back, "memory");
    fill_text(text, TEXT);
    for (int i = 0; i < count; i++) {
        size_t length = 0;
        for (int round = rounds(argc, argv); round > 0; round--) {
            length = pack(packed, room, text, TEXT, settings[i]);
            /* Taking apart is faster than putting together. */
            for (int again = 0; again < 4; again++)
                require(unpack(back, TEXT, packed, length) == TEXT, "the length is the same");
        }
        require(memcmp(text, back, TEXT) == 0, "the text is the same");
        printf("setting %d: %016llx\n", settings[i],
               (unsigned long long)(portable ? checksum(packed, length) : checksum(back, TEXT)));
    }
    return 0;
}
