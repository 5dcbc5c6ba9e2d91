// A tree of structures in a pool, for the measure of debug information: pointers in variables and in memory, recursion.
#include <stdint.h>

struct node {
    int key;
    const char *name;
    struct node *left;
    struct node *right;
};

struct summary {
    int count;
    int deepest;
    int64_t sum;
};

static struct node pool[16];
static int used;

static struct node *make(int key, const char *name) {
    struct node *made = &pool[used];
    used++;
    made->key = key;
    made->name = name;
    return made;
}

static struct node *insert(struct node *root, int key, const char *name) {
    if (!root) {
        return make(key, name);
    }
    if (key < root->key) {
        root->left = insert(root->left, key, name);
    } else {
        root->right = insert(root->right, key, name);
    }
    return root;
}

static const struct node *find(const struct node *root, int key) {
    const struct node *at = root;
    int steps = 0;
    while (at && at->key != key) {
        const struct node *next = key < at->key ? at->left : at->right;
        steps++;
        at = next;
    }
    used += steps > 100;
    return at;
}

static void visit(const struct node *node, int depth, struct summary *summary) {
    if (!node) {
        return;
    }
    summary->count++;
    summary->sum += (int64_t)node->key * 1000000007;
    if (depth > summary->deepest) {
        summary->deepest = depth;
    }
    visit(node->left, depth + 1, summary);
    visit(node->right, depth + 1, summary);
}

static int height(const struct node *node) {
    if (!node) {
        return 0;
    }
    int left = height(node->left);
    int right = height(node->right);
    int larger = left > right ? left : right;
    return larger + 1;
}

int keys[] = {50, 20, 80, 10, 30, 70, 90, 25};
const char *names[] = {"fifty", "twenty", "eighty", "ten", "thirty", "seventy", "ninety", "x"};

int main(void) {
    struct node *root = 0;
    for (int i = 0; i < 8; i++) {
        root = insert(root, keys[i], names[i]);
    }
    struct summary summary = {0, 0, 0};
    visit(root, 1, &summary);
    const struct node *thirty = find(root, 30);
    const struct node *none = find(root, 31);
    int tall = height(root);
    return summary.count + tall + (thirty->key == 30) + (none != 0) == 0;
}
