/* Hello, world: what a process costs before and after its program. */
#include <stdio.h>

int main(void)
{
    puts("Hello, world!");
    return 0;
}
