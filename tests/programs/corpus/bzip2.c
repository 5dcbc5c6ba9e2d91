/* bzip2, for `cargo xtask bench --table corpus`. */

#include "codec.h"
#include "bzlib.h"

void bz_internal_error(int code)
{
    fprintf(stderr, "bzip2: error %d\n", code);
    exit(1);
}

static size_t pack(char *to, size_t room, const char *from, size_t length, int setting)
{
    unsigned written = room;
    require(BZ2_bzBuffToBuffCompress(to, &written, (char *)from, length, setting, 0, 0) == BZ_OK, "compress");
    return written;
}

static size_t unpack(char *to, size_t room, const char *from, size_t length)
{
    unsigned written = room;
    require(BZ2_bzBuffToBuffDecompress(to, &written, (char *)from, length, 0, 0) == BZ_OK, "decompress");
    return written;
}

int main(int argc, char **argv)
{
    return work(argc, argv, (const int[]){9}, 1, 1);
}
