// C++ for the measure of what debuggers show: classes with virtual methods, templates, references, lambdas, operators, enumerations.
namespace bank {

enum class Kind { Current, Savings, Loan };

struct Money {
    long long cents;
    Money operator+(const Money &other) const { return {cents + other.cents}; }
    Money &operator+=(const Money &other) {
        cents += other.cents;
        return *this;
    }
    bool operator<(const Money &other) const { return cents < other.cents; }
};

class Account {
public:
    Account(const char *owner, Kind kind, Money start) : owner(owner), kind(kind), balance(start) {}
    virtual Money interest(int years) const {
        Money sum = {0};
        for (int year = 0; year < years; year++) {
            long long gain = (balance.cents + sum.cents) / 100;
            sum += Money{gain};
        }
        return sum;
    }
    void move(Account &other, Money amount) {
        Money before = balance;
        balance = Money{before.cents - amount.cents};
        other.balance += amount;
    }
    const char *owner;
    Kind kind;
    Money balance;
};

class Loan : public Account {
public:
    Loan(const char *owner, Money start, int rate) : Account(owner, Kind::Loan, start), rate(rate) {}
    Money interest(int years) const override {
        long long due = balance.cents;
        while (years > 0) {
            due += due * rate / 100;
            years--;
        }
        return {balance.cents - due};
    }

private:
    int rate;
};

} // namespace bank

template <typename Item, int Room>
struct List {
    Item items[Room];
    int used = 0;
    bool add(const Item &item) {
        if (used == Room) {
            return false;
        }
        items[used] = item;
        used++;
        return true;
    }
    template <typename Test>
    int count(Test test) const {
        int found = 0;
        for (int index = 0; index < used; index++) {
            if (test(items[index])) {
                found++;
            }
        }
        return found;
    }
};

template <typename Item>
static const Item &larger(const Item &left, const Item &right) {
    const bool less = left < right;
    return less ? right : left;
}

static int digits(unsigned number) {
    if (number < 10) {
        return 1;
    }
    int rest = digits(number / 10);
    return rest + 1;
}

volatile int seed = 7;

int main() {
    using namespace bank;
    Account anna("Anna", Kind::Current, {12000});
    Account bert("Bert", Kind::Savings, {seed * 500LL});
    Loan house("Carla", {-900000}, seed - 4);
    anna.move(bert, {2500});
    const Account *all[] = {&anna, &bert, &house};
    List<Money, 4> sums;
    for (const Account *account : all) {
        Money gain = account->interest(seed);
        bool added = sums.add(gain + account->balance);
        seed = seed + added;
    }
    int limit = seed * 100;
    int many = sums.count([&](const Money &sum) { return sum.cents > limit; });
    Money most = larger(sums.items[0], sums.items[1]);
    int length = digits(static_cast<unsigned>(most.cents));
    seed = many + length;
    return seed == 0;
}
