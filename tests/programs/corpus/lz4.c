/* LZ4, fast and thorough, for `cargo xtask bench --table corpus`. */

#include "codec.h"
#include "lz4.h"
#include "lz4hc.h"

static size_t pack(char *to, size_t room, const char *from, size_t length, int setting)
{
    int written = setting == 0 ? LZ4_compress_default(from, to, length, room)
                               : LZ4_compress_HC(from, to, length, room, setting);
    require(written > 0, "compress");
    return written;
}

static size_t unpack(char *to, size_t room, const char *from, size_t length)
{
    int written = LZ4_decompress_safe(from, to, length, room);
    require(written > 0, "decompress");
    return written;
}

int main(int argc, char **argv)
{
    /* It reads words of the machine, and packs better if they are longer. */
    return work(argc, argv, (const int[]){0, 4}, 2, 0);
}
