"use strict";
// The panes of one function at a time. Lines of different panes belong together by the offset of the WebAssembly
// instruction that they are for; a source line has a set of offsets.

const data = JSON.parse(document.getElementById("data").textContent);
const PANES = ["source", "wat", "llvm", "asm"];
const byId = (id) => document.getElementById(id);
const pane = (name) => document.querySelector(`[data-pane=${name}]`);
const code = (name) => pane(name).querySelector(".code");
const labelOf = (f) => f.name ?? `func ${f.index}`;

/// The piece of source code that an offset is in.
function sourceOf(offset) {
  let low = 0, high = data.sources.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (data.sources[middle][0] <= offset) low = middle + 1; else high = middle;
  }
  const found = data.sources[low - 1];
  return found && offset < found[1] ? found : undefined;
}

/// Which source line, as one string.
const keyOf = (piece) => `${piece[2]}:${piece[3]}`;

let shown, rows, pinned;

function addRow(name, text, offset, mark, number, key) {
  const row = document.createElement("div");
  row.className = "row";
  if (number !== undefined) {
    const label = document.createElement("span");
    label.className = "number";
    label.textContent = number;
    row.append(label);
  }
  row.append(text === "" ? " " : text);
  if (mark) {
    row.classList.add(mark[0]);
    if (mark[1]) {
      const why = document.createElement("span");
      why.className = "why";
      why.textContent = mark[1];
      row.append(why);
    }
  }
  const piece = offset === null ? undefined : sourceOf(offset);
  const entry = { row, name, offset, key: key ?? (piece && keyOf(piece)), isSource: key !== undefined };
  if (offset !== null || key !== undefined) {
    row.classList.add("linked");
    row.title = offset === null ? "" : `offset 0x${offset.toString(16)}`;
  }
  row.entry = entry;
  rows.push(entry);
  code(name).append(row);
  return row;
}

/// Whether two lines belong together.
function belongs(one, other) {
  if (one.isSource || other.isSource) return one.key !== undefined && one.key === other.key;
  return one.offset !== null && one.offset === other.offset;
}

function light(kind, entry) {
  for (const other of rows) other.row.classList.toggle(kind, entry !== undefined && belongs(entry, other));
}

/// Whether the source of a function can be shown.
function hasSource(f) {
  const piece = data.sources.find(([start, end]) => start >= f.start && start < f.end);
  return piece !== undefined && data.files[piece[2]].text !== null;
}

function showSource(f) {
  const own = data.sources.filter(([start, end]) => start >= f.start && start < f.end);
  // Code inlined here comes from elsewhere; the file shown is the one that most of the function's own code is from.
  const counts = new Map();
  for (const [, , file] of own) counts.set(file, (counts.get(file) ?? 0) + 1);
  const [file] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? [];
  byId("file").textContent = file === undefined ? "" : data.files[file].path;
  const place = code("source");
  if (file === undefined || data.files[file].text === null) {
    const note = document.createElement("div");
    note.className = "nothing";
    note.textContent = file === undefined
      ? "The module has no DWARF for this function."
      : "The file is not on the machine that made this page.";
    place.append(note);
    return undefined;
  }
  const lines = data.files[file].text.split("\n");
  const known = new Set(data.sources.map(keyOf));
  let first;
  lines.forEach((text, index) => {
    const key = `${file}:${index + 1}`;
    const row = addRow("source", text, null, null, index + 1, known.has(key) ? key : undefined);
    if (own.length && first === undefined && key === keyOf(own[0])) first = row;
  });
  return first;
}

function show(f) {
  shown = f;
  rows = [];
  pinned = undefined;
  for (const name of PANES) code(name).replaceChildren();
  const first = showSource(f);
  for (const name of ["wat", "llvm", "asm"]) {
    for (const [text, offset, mark] of f[name]) {
      addRow(name, text, offset, mark, name === "wat" ? (offset === null ? "" : offset.toString(16)) : undefined);
    }
    code(name).scrollTop = 0;
  }
  if (first) first.scrollIntoView({ block: "center" });
  for (const item of byId("functions").children) item.classList.toggle("open", item.dataset.index == f.index);
  history.replaceState(null, "", `#${f.index}`);
}

function scrollOthers(entry) {
  for (const name of PANES) {
    if (name === entry.name) continue;
    const other = rows.find((row) => row.name === name && belongs(entry, row));
    if (other) other.row.scrollIntoView({ block: "center", inline: "start" });
  }
}

function pin(entry) {
  pinned = entry;
  light("pin", entry);
  if (entry) scrollOthers(entry);
}

/// Goes to the next line with a mark, in the assembly or else in the IR.
function next(kind) {
  const marked = rows.filter((entry) => entry.row.classList.contains(kind));
  const list = marked.some((entry) => entry.name === "asm") ? marked.filter((entry) => entry.name === "asm") : marked;
  if (list.length === 0) return;
  const entry = list[(list.indexOf(pinned) + 1) % list.length];
  entry.row.scrollIntoView({ block: "center", inline: "start" });
  pin(entry);
}

function contains(f, text) {
  return ["wat", "llvm", "asm"].some((name) => f[name].some((row) => row[0].toLowerCase().includes(text)));
}

function search() {
  const text = byId("search").value.trim().toLowerCase();
  const deep = byId("deep").checked;
  const matches = (f) => text === "" || labelOf(f).toLowerCase().includes(text) || String(f.index) === text
    || (deep && contains(f, text));
  const found = data.functions.filter(matches);
  byId("found").textContent = `${found.length} of ${data.functions.length} functions`;
  byId("functions").replaceChildren(...found.map((f) => {
    const item = document.createElement("li");
    const index = document.createElement("span");
    index.className = "index";
    index.textContent = f.index;
    item.append(index, labelOf(f));
    item.title = `${labelOf(f)}, ${f.end - f.start} bytes`;
    item.dataset.index = f.index;
    item.classList.toggle("open", f === shown);
    item.onclick = () => show(f);
    return item;
  }));
  return found;
}

function start() {
  document.title = `${data.module} – wootz explore`;
  byId("module").textContent = data.module;
  byId("options").textContent = data.options;
  for (const name of PANES) {
    const label = document.createElement("label");
    const box = document.createElement("input");
    box.type = "checkbox";
    box.checked = name !== "source" || data.sources.length > 0;
    pane(name).classList.toggle("hidden", !box.checked);
    box.onchange = () => pane(name).classList.toggle("hidden", !box.checked);
    label.append(box, ` ${pane(name).querySelector("h2").firstChild.textContent}`);
    byId("toggles").append(label);
    code(name).onmouseover = (event) => light("hover", event.target.closest(".row")?.entry);
    code(name).onmouseleave = () => light("hover", undefined);
    code(name).onclick = (event) => pin(event.target.closest(".row")?.entry);
  }
  for (const kind of ["check", "trap", "volatile"]) byId(kind).onclick = () => next(kind);
  byId("search").oninput = search;
  byId("deep").onchange = search;
  byId("search").onkeydown = (event) => {
    if (event.key === "Enter") {
      const [first] = search();
      if (first) show(first);
    }
  };
  document.onkeydown = (event) => {
    if (event.key === "/" && document.activeElement !== byId("search")) {
      event.preventDefault();
      byId("search").focus();
    } else if (event.key === "Escape") {
      pin(undefined);
    }
  };
  search();
  const wanted = Number(location.hash.slice(1));
  const linked = data.functions.find((f) => f.index === wanted && location.hash !== "");
  const first = linked ?? data.functions.find(hasSource) ?? data.functions[0];
  if (first) show(first);
}

start();
