/* Zstandard, for `cargo xtask bench --table corpus`. */

#include "codec.h"
#include "zstd.h"

static size_t pack(char *to, size_t room, const char *from, size_t length, int setting)
{
    size_t written = ZSTD_compress(to, room, from, length, setting);
    require(!ZSTD_isError(written), "ZSTD_compress");
    return written;
}

static size_t unpack(char *to, size_t room, const char *from, size_t length)
{
    size_t written = ZSTD_decompress(to, room, from, length);
    require(!ZSTD_isError(written), "ZSTD_decompress");
    return written;
}

int main(int argc, char **argv)
{
    return work(argc, argv, (const int[]){1, 3, 9}, 3, 1);
}
