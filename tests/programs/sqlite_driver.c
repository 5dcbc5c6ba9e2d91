/* Drives SQLite through a workload whose output depends on nothing but its size: the same on every machine.
 *
 *   sqlite_driver DATABASE [ORDERS]   makes the database, changes it, prints reports
 *   sqlite_driver --read DATABASE     prints the reports of an existing database
 *
 * 20 000 orders, the default, take about a second natively; the time grows a little more than linearly.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sqlite3.h"

static sqlite3 *db;

static void fail(const char *what)
{
    fprintf(stderr, "sqlite_driver: %s: %s\n", what, db ? sqlite3_errmsg(db) : "no database");
    exit(1);
}

static void run(const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) fail(sql);
}

static sqlite3_stmt *prepare(const char *sql)
{
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK) fail(sql);
    return statement;
}

static void insert(sqlite3_stmt *statement)
{
    if (sqlite3_step(statement) != SQLITE_DONE) fail(sqlite3_sql(statement));
    sqlite3_reset(statement);
}

/* PCG, 32 bits of output. */
static uint64_t state = 42;

static uint32_t random32(void)
{
    uint64_t old = state;
    state = old * 6364136223846793005u + 1442695040888963407u;
    uint32_t mixed = (uint32_t)(((old >> 18) ^ old) >> 27);
    uint32_t turn = (uint32_t)(old >> 59);
    return mixed >> turn | mixed << (-turn & 31);
}

static int below(int bound)
{
    return (int)(random32() % (uint32_t)bound);
}

static const char *const cities[] = {
    "Ankara", "Bergen", "Cusco", "Dakar", "Esfahan", "Fukuoka", "Gdańsk", "Hobart",
    "Isfjord", "Jaipur", "Kigali", "Lyon", "Malmö", "Nairobi", "Oulu", "Puebla",
};
static const char *const syllables[] = {
    "an", "bel", "cor", "da", "el", "fin", "gra", "ho", "is", "jo", "ka", "lu", "mar", "no", "ol", "pe",
};
static const char *const words[] = {
    "steel", "blade", "forge", "pattern", "carbon", "hammer", "quench", "temper",
    "edge", "furnace", "ingot", "crucible", "anvil", "charcoal", "bellows", "tongs",
};

static void name(char *buffer, int parts)
{
    *buffer = 0;
    for (int i = 0; i < parts; i++) strcat(buffer, syllables[below(16)]);
    if (*buffer >= 'a') *buffer -= 'a' - 'A';
}

static void create(void)
{
    run("CREATE TABLE customer(id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT NOT NULL, joined TEXT)");
    run("CREATE TABLE product(id INTEGER PRIMARY KEY, label TEXT UNIQUE, price REAL, picture BLOB)");
    run("CREATE TABLE orders(id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customer, day TEXT, note TEXT)");
    run("CREATE TABLE item(orders INTEGER, product INTEGER, quantity INTEGER, discount REAL,"
        " PRIMARY KEY(orders, product)) WITHOUT ROWID");
    run("CREATE VIEW sale AS SELECT o.id, o.customer, o.day, i.product,"
        " i.quantity * p.price * (1 - i.discount) AS amount"
        " FROM orders o JOIN item i ON i.orders = o.id JOIN product p ON p.id = i.product");
    run("CREATE TABLE log(day TEXT, what TEXT)");
    run("CREATE TRIGGER note_change AFTER UPDATE OF note ON orders BEGIN"
        " INSERT INTO log VALUES(new.day, old.note || ' -> ' || new.note); END");
}

static void fill(int orders)
{
    int customers = orders / 20 + 10, products = 500;
    char text[256];

    run("BEGIN");
    sqlite3_stmt *statement = prepare("INSERT INTO customer VALUES(?, ?, ?, date('2020-01-01', ? || ' days'))");
    for (int i = 1; i <= customers; i++) {
        name(text, 2 + below(3));
        sqlite3_bind_int(statement, 1, i);
        sqlite3_bind_text(statement, 2, text, -1, SQLITE_TRANSIENT);
        sqlite3_bind_text(statement, 3, cities[below(16)], -1, SQLITE_STATIC);
        sqlite3_bind_int(statement, 4, below(1000));
        insert(statement);
    }
    sqlite3_finalize(statement);

    statement = prepare("INSERT INTO product VALUES(?, ?, ?, ?)");
    for (int i = 1; i <= products; i++) {
        unsigned char picture[128];
        for (int k = 0; k < 128; k++) picture[k] = (unsigned char)random32();
        snprintf(text, sizeof text, "%s %s %d", words[below(16)], words[below(16)], i);
        sqlite3_bind_int(statement, 1, i);
        sqlite3_bind_text(statement, 2, text, -1, SQLITE_TRANSIENT);
        sqlite3_bind_double(statement, 3, (100 + below(20000)) / 100.0);
        sqlite3_bind_blob(statement, 4, picture, 16 + below(112), SQLITE_TRANSIENT);
        insert(statement);
    }
    sqlite3_finalize(statement);

    statement = prepare("INSERT INTO orders VALUES(?, ?, date('2024-01-01', ? || ' days'), ?)");
    sqlite3_stmt *item = prepare("INSERT OR REPLACE INTO item VALUES(?, ?, ?, ?)");
    for (int i = 1; i <= orders; i++) {
        int count = below(12);
        *text = 0;
        for (int k = 0; k < count; k++) {
            if (k) strcat(text, " ");
            strcat(text, words[below(16)]);
        }
        sqlite3_bind_int(statement, 1, i);
        sqlite3_bind_int(statement, 2, 1 + below(customers));
        sqlite3_bind_int(statement, 3, below(730));
        sqlite3_bind_text(statement, 4, text, -1, SQLITE_TRANSIENT);
        insert(statement);
        for (int k = 1 + below(4); k > 0; k--) {
            sqlite3_bind_int(item, 1, i);
            sqlite3_bind_int(item, 2, 1 + below(products));
            sqlite3_bind_int(item, 3, 1 + below(9));
            sqlite3_bind_double(item, 4, below(4) * 0.05);
            insert(item);
        }
    }
    sqlite3_finalize(statement);
    sqlite3_finalize(item);
    run("COMMIT");
}

static void change(void)
{
    run("CREATE INDEX orders_by_customer ON orders(customer, day)");
    run("CREATE INDEX customer_by_city ON customer(city COLLATE NOCASE)");
    run("CREATE INDEX item_by_product ON item(product) WHERE quantity > 4");
    run("ANALYZE");
    run("BEGIN");
    run("UPDATE orders SET note = replace(note, 'steel', 'wootz') WHERE note LIKE '%steel%' AND id % 3 = 0");
    run("DELETE FROM item WHERE orders IN (SELECT id FROM orders WHERE note = '' AND id % 2 = 0)");
    run("DELETE FROM orders WHERE NOT EXISTS (SELECT 1 FROM item WHERE orders = orders.id)");
    run("COMMIT");
    run("BEGIN; DELETE FROM customer; ROLLBACK");
    run("CREATE TEMP TABLE scratch AS SELECT id, note FROM orders ORDER BY note DESC, id");
    run("DROP TABLE scratch");
    run("VACUUM");
}

static const char *const reports[] = {
    "SELECT name, (SELECT count(*) FROM pragma_table_info(s.name)) FROM sqlite_schema s WHERE type = 'table' ORDER BY 1",
    "SELECT (SELECT count(*) FROM customer), (SELECT count(*) FROM orders), (SELECT count(*) FROM item),"
    " (SELECT count(*) FROM log)",
    /* join, aggregate, sort */
    "SELECT c.city, count(DISTINCT c.id), count(DISTINCT s.id), round(sum(s.amount), 2), round(avg(s.amount), 4)"
    " FROM sale s JOIN customer c ON c.id = s.customer GROUP BY c.city HAVING count(*) > 1 ORDER BY 4 DESC",
    "SELECT p.label, sum(i.quantity) AS sold, total(i.quantity * p.price) FROM product p"
    " LEFT JOIN item i ON i.product = p.id GROUP BY p.id ORDER BY sold DESC, p.label LIMIT 10",
    /* window functions */
    "SELECT month, amount, sum(amount) OVER (ORDER BY month), rank() OVER (ORDER BY amount DESC) FROM"
    " (SELECT strftime('%Y-%m', day) AS month, round(sum(amount), 2) AS amount FROM sale GROUP BY 1) ORDER BY month",
    /* correlated subquery over an index */
    "SELECT c.name, c.city, (SELECT max(day) FROM orders o WHERE o.customer = c.id) AS last FROM customer c"
    " WHERE c.city = 'lyon' COLLATE NOCASE ORDER BY last DESC, c.name, c.id LIMIT 8",
    /* text */
    "SELECT count(*), sum(length(note)), max(instr(note, 'anvil')) FROM orders WHERE note LIKE '%tem%forge%'",
    "SELECT upper(substr(name, 1, 3)) AS head, count(*), group_concat(DISTINCT city) FROM"
    " (SELECT name, city FROM customer ORDER BY city) GROUP BY head ORDER BY 2 DESC, 1 LIMIT 6",
    "SELECT what, count(*) FROM log GROUP BY what ORDER BY 2 DESC, 1 LIMIT 5",
    /* recursion: words of the notes, counted */
    "WITH RECURSIVE split(word, rest) AS (SELECT '', note || ' ' FROM orders UNION ALL"
    " SELECT substr(rest, 1, instr(rest, ' ') - 1), substr(rest, instr(rest, ' ') + 1) FROM split WHERE rest <> '')"
    " SELECT word, count(*) FROM split WHERE word <> '' GROUP BY word ORDER BY 2 DESC, 1",
    "WITH RECURSIVE n(i, a, b) AS (VALUES(1, 0, 1) UNION ALL SELECT i + 1, b, a + b FROM n WHERE i < 80)"
    " SELECT i, a, a * 1.0 / b FROM n WHERE i % 20 = 0",
    /* numbers as text, both ways */
    "SELECT 1e300 * 10, 0.1 + 0.2, 1.0 / 3, -1e-300, 9223372036854775807 + 1.5, cast('12.75e2xyz' AS REAL), 7 / 2, -7 % 3",
    "WITH t(x) AS (VALUES(1), (2.5), ('it''s'), (x'41ff'), (NULL)) SELECT typeof(x), quote(x) FROM t ORDER BY x",
    "SELECT json_extract(json_group_array(json_object('id', id, 'price', price)), '$[3].price'), count(*) FROM product",
    "SELECT hex(substr(picture, 1, 8)), length(picture) FROM product ORDER BY picture LIMIT 4",
    "SELECT a.city, b.city, count(*) FROM customer a JOIN customer b ON a.name = b.name AND a.id < b.id"
    " GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 5",
    "PRAGMA page_size",
    "PRAGMA page_count",
    "PRAGMA freelist_count",
    "PRAGMA integrity_check",
};

static void print(const char *sql)
{
    sqlite3_stmt *statement = prepare(sql);
    int rows = 0, step;
    while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(statement); i++) {
            const unsigned char *text = sqlite3_column_text(statement, i);
            printf("%s%s", i ? " | " : "  ", text ? (const char *)text : "NULL");
        }
        printf("\n");
        rows++;
    }
    if (step != SQLITE_DONE) fail(sql);
    printf("%d row%s: %.60s\n", rows, rows == 1 ? "" : "s", sql);
    sqlite3_finalize(statement);
}

int main(int argc, char **argv)
{
    int read = argc == 3 && strcmp(argv[1], "--read") == 0;
    int orders = argc == 3 && !read ? atoi(argv[2]) : 20000;
    if (argc < 2 || argc > 3 || orders < 1) {
        fprintf(stderr, "usage: sqlite_driver DATABASE [ORDERS] | sqlite_driver --read DATABASE\n");
        return 2;
    }
    const char *file = read ? argv[2] : argv[1];
    int flags = read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    if (sqlite3_open_v2(file, &db, flags, NULL) != SQLITE_OK) fail(file);
    if (!read) {
        create();
        fill(orders);
        change();
    }
    for (size_t i = 0; i < sizeof reports / sizeof *reports; i++) print(reports[i]);
    if (sqlite3_close(db) != SQLITE_OK) fail("close");
    return 0;
}
