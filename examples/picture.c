/* A picture of the Mandelbrot set, written to a file in the portable pixmap format.
 *
 *   picture FILE [WIDTH HEIGHT]
 *
 * Every pixel is the mean of four points. The colours come from integers only, so every machine writes the same bytes.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { LIMIT = 2000 };

struct colour {
    uint8_t red, green, blue;
};

/* The palette repeats; between its colours it is mixed linearly. */
static const struct colour palette[] = {
    {9, 1, 47}, {12, 44, 138}, {57, 125, 209}, {211, 236, 248}, {248, 201, 95}, {204, 128, 0}, {106, 52, 3}, {25, 7, 26},
};
enum { COLOURS = sizeof palette / sizeof *palette, BETWEEN = 8 };

static int escape(double cx, double cy)
{
    /* Points of the main heart and of the circle left of it never escape. */
    double q = (cx - 0.25) * (cx - 0.25) + cy * cy;
    if (q * (q + (cx - 0.25)) <= 0.25 * cy * cy) return LIMIT;
    if ((cx + 1) * (cx + 1) + cy * cy <= 0.0625) return LIMIT;
    double x = 0, y = 0;
    for (int n = 0; n < LIMIT; n++) {
        double xx = x * x, yy = y * y;
        if (xx + yy > 4) return n;
        y = 2 * x * y + cy;
        x = xx - yy + cx;
    }
    return LIMIT;
}

static struct colour colour(int n)
{
    if (n == LIMIT) return (struct colour){0, 0, 0};
    struct colour from = palette[n / BETWEEN % COLOURS], to = palette[(n / BETWEEN + 1) % COLOURS];
    int part = n % BETWEEN;
    return (struct colour){
        (uint8_t)((from.red * (BETWEEN - part) + to.red * part) / BETWEEN),
        (uint8_t)((from.green * (BETWEEN - part) + to.green * part) / BETWEEN),
        (uint8_t)((from.blue * (BETWEEN - part) + to.blue * part) / BETWEEN),
    };
}

static void draw(uint8_t *row, int y, int width, int height)
{
    double step = 3.2 / width, left = -2.25, top = -step * height / 2;
    for (int x = 0; x < width; x++) {
        int red = 0, green = 0, blue = 0;
        for (int i = 0; i < 4; i++) {
            struct colour c =
                colour(escape(left + step * (x + 0.25 + 0.5 * (i & 1)), top + step * (y + 0.25 + 0.5 * (i >> 1))));
            red += c.red;
            green += c.green;
            blue += c.blue;
        }
        row[3 * x] = (uint8_t)(red / 4);
        row[3 * x + 1] = (uint8_t)(green / 4);
        row[3 * x + 2] = (uint8_t)(blue / 4);
    }
}

int main(int argc, char **argv)
{
    int width = argc == 4 ? atoi(argv[2]) : 640, height = argc == 4 ? atoi(argv[3]) : 480;
    if ((argc != 2 && argc != 4) || width < 1 || width > 16384 || height < 1 || height > 16384) {
        fprintf(stderr, "usage: picture FILE [WIDTH HEIGHT], each from 1 to 16384\n");
        return 2;
    }
    FILE *file = fopen(argv[1], "wb");
    uint8_t *row = malloc(3 * (size_t)width);
    if (!file || !row) {
        perror(argv[1]);
        return 1;
    }
    fprintf(file, "P6\n%d %d\n255\n", width, height);
    for (int y = 0; y < height; y++) {
        draw(row, y, width, height);
        fwrite(row, 3, (size_t)width, file);
    }
    free(row);
    if (ferror(file) | fclose(file)) {
        perror(argv[1]);
        return 1;
    }
    printf("%s: %d x %d pixels\n", argv[1], width, height);
    return 0;
}
