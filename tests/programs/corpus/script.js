// What programs in JavaScript do: calls, objects, arrays, closures, strings, regular expressions. `rounds` is how often.
"use strict";

function fib(n) {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

function sieve(n) {
  const composite = new Uint8Array(n + 1);
  let count = 0;
  for (let i = 2; i <= n; i++) {
    if (composite[i]) continue;
    count++;
    for (let j = i * i; j <= n; j += i) composite[j] = 1;
  }
  return count;
}

class Vector {
  constructor(x, y, z) {
    this.x = x;
    this.y = y;
    this.z = z;
  }
  add(other) {
    return new Vector(this.x + other.x, this.y + other.y, this.z + other.z);
  }
  scale(by) {
    return new Vector(this.x * by, this.y * by, this.z * by);
  }
  dot(other) {
    return this.x * other.x + this.y * other.y + this.z * other.z;
  }
}

function walk(n) {
  let at = new Vector(0, 0, 0);
  const step = new Vector(0.5, 0.25, -0.125);
  for (let i = 0; i < n; i++) at = at.add(step.scale((i & 3) - 1));
  return at.dot(step).toFixed(6);
}

function words(n) {
  const counts = new Map();
  const parts = [];
  for (let i = 1; i <= n; i++) {
    const word = ((i * 40503) % 4096).toString(16);
    counts.set(word, (counts.get(word) ?? 0) + 1);
    parts.push(word);
  }
  const text = parts.join(" ");
  const found = text.match(/[a-f]\d+/g).length;
  const sorted = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return [found, text.length, sorted[0][0], text.replace(/1(.)/g, "$1").length].join();
}

function higher(n) {
  const numbers = Array.from({ length: n }, (_, i) => i);
  return numbers.map((x) => x * 3).filter((x) => x % 2).reduce((sum, x) => sum + x, 0);
}

function json(n) {
  const rows = [];
  for (let i = 0; i < n; i++) rows.push({ id: i, name: "row " + i, tags: ["a", "b"], price: i / 4 });
  const back = JSON.parse(JSON.stringify(rows));
  return back.filter(({ price }) => price > 10).length;
}

function* squares(n) {
  for (let i = 0; i < n; i++) yield i * i;
}

for (let round = 1; round <= rounds; round++) {
  let sum = 0;
  for (const square of squares(10000)) sum += square;
  const found = [fib(21), sieve(50000), walk(20000), words(6000), higher(20000), json(800), sum];
  if (round === rounds) print(...found);
}
