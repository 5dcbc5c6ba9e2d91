/* Conway's game of life on a torus: a gun that shoots gliders into their own past.
 *
 *   life [GENERATIONS [WIDTH HEIGHT]]
 *
 * Prints the first and the last generation, and how the population went.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const gun[] = {
    "........................#...........",
    "......................#.#...........",
    "............##......##............##",
    "...........#...#....##............##",
    "##........#.....#...##..............",
    "##........#...#.##....#.#...........",
    "..........#.....#.......#...........",
    "...........#...#....................",
    "............##......................",
};
enum { GUN_HEIGHT = sizeof gun / sizeof *gun, GUN_WIDTH = 36 };

static int width, height;
static unsigned char *cells, *next;

static void step(void)
{
    for (int y = 0; y < height; y++) {
        const unsigned char *above = cells + (size_t)width * (size_t)((y + height - 1) % height);
        const unsigned char *here = cells + (size_t)width * (size_t)y;
        const unsigned char *below = cells + (size_t)width * (size_t)((y + 1) % height);
        unsigned char *out = next + (size_t)width * (size_t)y;
        for (int x = 0; x < width; x++) {
            int left = x ? x - 1 : width - 1, right = x + 1 < width ? x + 1 : 0;
            int around = above[left] + above[x] + above[right] + here[left] + here[right] + below[left] + below[x] +
                         below[right];
            out[x] = around == 3 || (around == 2 && here[x]);
        }
    }
    unsigned char *old = cells;
    cells = next;
    next = old;
}

static int population(void)
{
    int sum = 0;
    for (int i = 0; i < width * height; i++) sum += cells[i];
    return sum;
}

/* Two rows in one line of text: a cell above, below, both or none. */
static void print(int generation)
{
    static const char *const pairs[] = {" ", "'", ".", ":"};
    printf("generation %d, population %d\n", generation, population());
    for (int y = 0; y < height; y += 2) {
        for (int x = 0; x < width; x++) {
            int above = cells[width * y + x], below = y + 1 < height ? cells[width * (y + 1) + x] : 0;
            fputs(pairs[above + 2 * below], stdout);
        }
        putchar('\n');
    }
}

int main(int argc, char **argv)
{
    int generations = argc > 1 ? atoi(argv[1]) : 240;
    width = argc == 4 ? atoi(argv[2]) : 78;
    height = argc == 4 ? atoi(argv[3]) : 48;
    if (argc == 3 || argc > 4 || generations < 0 || width < GUN_WIDTH || width > 10000 || height < GUN_HEIGHT ||
        height > 10000) {
        fprintf(stderr, "usage: life [GENERATIONS [WIDTH HEIGHT]], from %d x %d to 10000 x 10000 cells\n", GUN_WIDTH,
                GUN_HEIGHT);
        return 2;
    }
    cells = calloc((size_t)width * (size_t)height, 1);
    next = calloc((size_t)width * (size_t)height, 1);
    if (!cells || !next) {
        fprintf(stderr, "life: out of memory\n");
        return 1;
    }
    for (int y = 0; y < GUN_HEIGHT; y++) {
        for (int x = 0; x < GUN_WIDTH; x++) cells[width * y + x] = gun[y][x] == '#';
    }

    print(0);
    int smallest = population(), largest = smallest;
    for (int i = 1; i <= generations; i++) {
        step();
        int now = population();
        if (now < smallest) smallest = now;
        if (now > largest) largest = now;
    }
    if (generations > 0) print(generations);
    printf("population from %d to %d\n", smallest, largest);
    free(cells);
    free(next);
    return 0;
}
