// Floating-point numbers and arrays, for the measure of debug information: nested loops, structures by value, callbacks.
typedef struct {
    double x, y;
} point;

typedef float (*curve)(float);

double left[3][3] = {{1, 2, 3}, {0.5, 0.25, 0.125}, {-1, 0, 1}};
double right[3][3] = {{2, 0, 1}, {1, 1, 1}, {0, 3, -2}};
static double result[3][3];
point fifth = {0.6, 0.8};
int steps = 4;
float guess = 2;

static void multiply(int size) {
    for (int row = 0; row < size; row++) {
        for (int column = 0; column < size; column++) {
            double sum = 0;
            for (int inner = 0; inner < size; inner++) {
                double product = left[row][inner] * right[inner][column];
                sum += product;
            }
            result[row][column] = sum;
        }
    }
}

static point turn(point start, point by) {
    point turned = {start.x * by.x - start.y * by.y, start.x * by.y + start.y * by.x};
    return turned;
}

static double spiral(int steps, point by) {
    point at = {1, 0};
    double length = 0;
    for (int i = 0; i < steps; i++) {
        point next = turn(at, by);
        double dx = next.x - at.x;
        double dy = next.y - at.y;
        length += dx * dx + dy * dy;
        at = next;
    }
    return length;
}

static float square(float x) {
    float squared = x * x;
    return squared - 2;
}

static float bisect(curve f, float low, float high) {
    int rounds = 0;
    while (high - low > 0.01f) {
        float middle = (low + high) / 2;
        float value = f(middle);
        if (value < 0) {
            low = middle;
        } else {
            high = middle;
        }
        rounds++;
    }
    return low + (float)(rounds > 100);
}

static double mean(const double *values, int count, double *variance) {
    double sum = 0;
    for (int i = 0; i < count; i++) {
        sum += values[i];
    }
    double average = sum / count;
    double squares = 0;
    for (int i = 0; i < count; i++) {
        double distance = values[i] - average;
        squares += distance * distance;
    }
    *variance = squares / count;
    return average;
}

int main(void) {
    multiply(steps - 1);
    double variance = 0;
    double average = mean(&result[0][0], 2 * steps + 1, &variance);
    double length = spiral(steps, fifth);
    float root = bisect(square, 1, guess);
    return average + variance + length + root == 0;
}
