// Calls with arguments on the stack, which callees take away, for scripted debugger sessions.
int depth;
int values[5] = {3, 1, 4, 1, 5};

static int sum(const int *values, int count, int a, int b, int c, int d, int e) {
    if (count == 0) {
        return a + b * c - d * e;
    }
    int first = sum(values + 1, count - 1, b, c, d, e, a);
    int second = count > 2 ? sum(values + 2, count - 2, e, d, c, b, a + first) : 1;
    depth++; // mark: after
    return first * values[0] + second;
}

int main(void) {
    return sum(values, 5, 1, 2, 3, 4, 5) == 0;
}
