// Sorting and searching of integers, for the measure of debug information: loops in loops, recursion, swaps.
int data[12] = {9, -4, 17, 3, 3, 58, -21, 0, 44, 6, 12, -1};

static void swap(int *left, int *right) {
    int kept = *left;
    *left = *right;
    *right = kept;
}

static int insertion(int *values, int count) {
    int moves = 0;
    for (int i = 1; i < count; i++) {
        int value = values[i];
        int j = i - 1;
        while (j >= 0 && values[j] > value) {
            values[j + 1] = values[j];
            moves++;
            j--;
        }
        values[j + 1] = value;
    }
    return moves;
}

static int partition(int *values, int low, int high) {
    int pivot = values[high];
    int place = low;
    for (int at = low; at < high; at++) {
        if (values[at] < pivot) {
            swap(&values[at], &values[place]);
            place++;
        }
    }
    swap(&values[place], &values[high]);
    return place;
}

static int quick(int *values, int low, int high) {
    int leaves = 1;
    if (low < high) {
        int middle = partition(values, low, high);
        int left = quick(values, low, middle - 1);
        leaves = left + quick(values, middle + 1, high);
    }
    return leaves;
}

static int search(const int *values, int count, int wanted) {
    int low = 0;
    int high = count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (values[middle] < wanted) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    int found = low < count && values[low] == wanted;
    return found ? low : -1;
}

int main(void) {
    int copy[12];
    for (int i = 0; i < 12; i++) {
        copy[i] = data[i];
    }
    int leaves = quick(data, 0, 11);
    int moves = insertion(copy, 12);
    int where = search(copy, 12, 17);
    int nowhere = search(data, 12, 5);
    return leaves + moves + where + nowhere == 0;
}
