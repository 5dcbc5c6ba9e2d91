"""What CPython's standard library prints must be the same compiled by Wootz as natively.

Only modules that need no operating system beyond files, and no text that changes between versions of Python.
"""
import ast
import base64
import bisect
import collections
import contextlib
import copy
import csv
import dataclasses
import datetime
import decimal
import difflib
import enum
import fractions
import functools
import hashlib
import heapq
import io
import itertools
import json
import math
import operator
import os
import pickle
import random
import re
import statistics
import string
import struct
import sys
import textwrap
import unicodedata


def title(text):
    print("==", text)


title("arguments, environment, files")
print(sys.argv[1:], os.environ.get("GREETING"), os.environ.get("HOME_OF_NOBODY"))
with open("notes.txt", "w", encoding="utf-8") as file:
    file.writelines(f"{n} straße\n" for n in range(5))
with open("notes.txt", encoding="utf-8") as file:
    print(file.read().upper().split())
os.mkdir("folder")
os.rename("notes.txt", "folder/notes.txt")
print(os.listdir("folder"), os.path.getsize("folder/notes.txt"), os.path.exists("notes.txt"))
os.remove("folder/notes.txt")
os.rmdir("folder")
try:
    open("folder/notes.txt")
except FileNotFoundError as error:
    print(type(error).__name__, error.filename)
print(sys.stdin.read().splitlines())

title("sorting")
random.seed(20)
numbers = [random.randrange(1_000_000) for _ in range(50_000)]
ordered = sorted(numbers)
print(ordered[:5], ordered[-3:], sum(numbers), bisect.bisect(ordered, 500_000))
print(heapq.nsmallest(3, numbers), heapq.nlargest(3, numbers, key=lambda n: n % 1000))
people = [("Grace", 85), ("Ada", 36), ("Alan", 41), ("Edsger", 72), ("Barbara", 41)]
print(sorted(people, key=operator.itemgetter(1, 0)), sorted(people, key=lambda p: -p[1], reverse=True))
print(functools.reduce(operator.xor, numbers), hashlib.sha256(repr(ordered).encode()).hexdigest())

title("json and csv")
document = {"b": [1, 2.5, -0.0, 1e100, None, True], "a": {"nested": "\u00e9\t\"quoted\""}, "c": []}
text = json.dumps(document, indent=1, sort_keys=True)
print(text, json.loads(text) == document)
for broken in ('{"a": }', "[1, 2", '"\\u12"'):
    try:
        json.loads(broken)
    except json.JSONDecodeError as error:
        print(error.lineno, error.colno, error.pos)
table = io.StringIO()
csv.writer(table, lineterminator="\n").writerows([["name", "note"], ["a,b", 'say "x"'], ["", "two\nlines"]])
print(table.getvalue(), list(csv.reader(io.StringIO(table.getvalue()))))

title("re and text")
log = "2024-02-29 ERROR disk=93% | 2023-11-05 info disk=7%"
print(re.findall(r"(?P<date>\d{4}-\d\d-\d\d) (?P<level>\w+) disk=(\d+)%", log))
print(re.sub(r"(\d+)%", lambda m: f"{int(m[1]) / 100:.2f}", log), re.split(r"\s*\|\s*", log))
print(bool(re.fullmatch(r"(a+)+b", "a" * 18 + "c")), re.search(r"(?<=x)\w(?=z)", "axyz").span())
print(textwrap.fill("the quick brown fox jumps over the lazy dog " * 3, 40))
print(string.Template("$who owes $$ $amount").substitute(who="Ada", amount=5))
print("".join(difflib.ndiff(["one\n", "two\n", "three\n"], ["ore\n", "tree\n", "emu\n"])))
print([unicodedata.name(c) for c in "aß√"], unicodedata.normalize("NFD", "é").encode(), "ǅ".swapcase())
print(f"{math.pi:>12.4f}|{-255:#x}|{1234567.891:,.2f}|{'x':^5}|{0.1 + 0.2!r}|{1e22}|{float('nan')}")

title("numbers")
print(2**521 - 1, pow(3, 10**6, 10**9 + 7), math.isqrt(10**40), math.comb(60, 30), math.gcd(2**60, 6**20))
print([math.sin(x), math.exp(-x), math.log1p(x), math.fsum([0.1] * 10), math.hypot(3, 4)] if (x := 0.5) else None)
print(decimal.Decimal(2).sqrt(), decimal.Decimal("1e-7") / 3, fractions.Fraction(3, 7) ** -2)
print(statistics.fmean(numbers), statistics.median(numbers), random.gauss(0, 1), random.sample(range(99), 4))
print(struct.pack("<hIqd", -2, 7, -(2**40), 0.1).hex(), struct.unpack(">f", b"\x40\x49\x0f\xdb"))
print(complex(1, -2) ** 2, divmod(-7, 2), -7 // 2, round(2.5), round(-0.5), int("zz", 36))

title("objects")


@dataclasses.dataclass(order=True, frozen=True)
class Point:
    x: int
    y: int = 0


class Colour(enum.Flag):
    RED = enum.auto()
    GREEN = enum.auto()


points = [Point(3), Point(1, 2), Point(1)]
print(sorted(points), dataclasses.asdict(max(points)), (Colour.RED | Colour.GREEN).value)
print(pickle.loads(pickle.dumps(points, protocol=4)) == points, copy.deepcopy(document) == document)
print(collections.Counter("mississippi").most_common(2), collections.OrderedDict(a=1, b=2) == {"b": 2, "a": 1})
print(list(itertools.permutations("abc", 2))[:4], list(itertools.accumulate(range(6), operator.mul, initial=1)))
print(datetime.date(2024, 2, 29) + datetime.timedelta(days=366), datetime.datetime(2000, 1, 1, 12).isoformat())
print(base64.b85encode(bytes(range(20))), hashlib.md5(b"wootz").hexdigest(), hashlib.blake2b(b"").hexdigest()[:16])
print(ast.dump(ast.parse("a + f(1)", mode="eval").body, annotate_fields=False))


@functools.lru_cache(None)
def ways(amount, coins=(50, 20, 10, 5, 2, 1)):
    if amount == 0 or not coins:
        return int(amount == 0)
    return sum(ways(amount - used, coins[1:]) for used in range(0, amount + 1, coins[0]))


def generator():
    try:
        received = yield 1
        yield received * 2
    finally:
        print("closed")


title("control")
running = generator()
print(ways(200), next(running), running.send(21))
running.close()
with contextlib.suppress(ZeroDivisionError):
    print(1 // 0)


def deep(n):
    return 0 if n == 0 else 1 + deep(n - 1)


print(deep(900))
try:
    deep(10**6)
except RecursionError as error:
    print(type(error).__name__)
try:
    raise KeyError("outer") from ValueError("inner")
except KeyError as error:
    print(repr(error), repr(error.__cause__))
exec("print(sum(n * n for n in range(1000) if n % 3))")
sys.stdout.flush()
print("the end", file=sys.stderr)
sys.exit(7)
