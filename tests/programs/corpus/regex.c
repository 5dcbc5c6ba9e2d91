/* Oniguruma: patterns that backtrack, look ahead and fold case, over a text, for `cargo xtask bench --table corpus`. */

#include "input.h"
#include "oniguruma.h"

static const struct {
    const char *pattern;
    OnigOptionType options;
} patterns[] = {
    {"(\\w+)ing (\\w+)ed", ONIG_OPTION_NONE},
    {"\\b[a-m]\\w*(?:an|el|is)\\b", ONIG_OPTION_NONE},
    {"THSTR|Grafin|VERWO", ONIG_OPTION_IGNORECASE},
    {"(\\w)(\\w)\\2\\1", ONIG_OPTION_NONE},
    {"^[^.]*\\.(?= [a-f])", ONIG_OPTION_NONE},
    {"(?<!s) (?:\\w{3} ){2,4}\\w{9}", ONIG_OPTION_NONE},
    {"[\\p{Lu}\\d]+|zan(?:er|ed|s)?[. ]", ONIG_OPTION_NONE},
};

int main(int argc, char **argv)
{
    const size_t length = TEXT / 4;
    UChar *text = malloc(length);
    require(text != NULL, "memory");
    fill_text((char *)text, length);
    OnigEncoding encoding = ONIG_ENCODING_UTF8;
    onig_initialize(&encoding, 1);
    OnigRegion *region = onig_region_new();
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        const UChar *pattern = (const UChar *)patterns[i].pattern;
        regex_t *regex;
        OnigErrorInfo error;
        int status = onig_new(&regex, pattern, pattern + strlen(patterns[i].pattern), patterns[i].options, encoding,
                              ONIG_SYNTAX_ONIGURUMA, &error);
        require(status == ONIG_NORMAL, "onig_new");
        unsigned long matches = 0, places = 0;
        for (int round = rounds(argc, argv); round > 0; round--) {
            const UChar *at = text;
            while (at < text + length) {
                int found = onig_search(regex, text, text + length, at, text + length, region, ONIG_OPTION_NONE);
                if (found == ONIG_MISMATCH) break;
                require(found >= 0, "onig_search");
                matches++;
                places += found + region->end[0];
                at = text + (region->end[0] > found ? region->end[0] : found + 1);
            }
        }
        printf("%s: %lu matches, %lu\n", patterns[i].pattern, matches, places & 0xffffffff);
        onig_free(regex);
    }
    onig_region_free(region, 1);
    onig_end();
    return 0;
}
