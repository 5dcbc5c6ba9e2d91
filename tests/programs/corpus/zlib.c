/* zlib's deflate and inflate, for `cargo xtask bench --table corpus`. */

#include "codec.h"
#include "zlib.h"

static size_t pack(char *to, size_t room, const char *from, size_t length, int setting)
{
    uLongf written = room;
    require(compress2((Bytef *)to, &written, (const Bytef *)from, length, setting) == Z_OK, "compress2");
    return written;
}

static size_t unpack(char *to, size_t room, const char *from, size_t length)
{
    uLongf written = room;
    require(uncompress((Bytef *)to, &written, (const Bytef *)from, length) == Z_OK, "uncompress");
    return written;
}

int main(int argc, char **argv)
{
    return work(argc, argv, (const int[]){1, 6}, 2, 1);
}
