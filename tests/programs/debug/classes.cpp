// C++ for scripted debugger sessions: classes, templates, references, namespaces, overloads, lambdas.
namespace shapes {

enum class Kind { Round, Straight };

struct Point {
    int x, y;
};

class Shape {
public:
    Shape(const char *name, Kind kind) : name(name), kind(kind) {}
    virtual int area() const { return 0; }
    const char *name;

protected:
    Kind kind;
};

class Box : public Shape {
public:
    Box(Point from, Point to) : Shape("box", Kind::Straight), from(from), to(to) {}
    int area() const override {
        int width = to.x - from.x;
        int height = to.y - from.y;
        return width * height; // mark: area
    }

private:
    Point from, to;
};

} // namespace shapes

template <typename Item, int Count>
struct List {
    Item items[Count];
    int used = 0;
    void add(Item item) {
        items[used] = item;
        used++; // mark: add
    }
};

static int twice(int value) { return value * 2; }
static double twice(double value) { return value * 2; }

static void swap(int &left, int &right) {
    int kept = left;
    left = right; // mark: swap
    right = kept;
}

int main() {
    shapes::Box box({1, 2}, {5, 8});
    const shapes::Shape &shape = box;
    List<short, 4> list;
    list.add(7);
    list.add(-9);
    int a = shape.area(), b = twice(4);
    double c = twice(1.25);
    swap(a, b);
    auto more = [&](int by) {
        a += by;
        return a; // mark: lambda
    };
    int sum = more(3) + b;
    return sum + static_cast<int>(c) == 0; // mark: main
}
