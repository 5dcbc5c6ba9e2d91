// Runs a program of the corpus in Node.js, compiled by its optimising compiler before it starts, and says on standard error what
// processor time running and compiling it took, in seconds, and what memory the process had at most when it was compiled, in bytes.
import { readFileSync } from "node:fs";
import { WASI } from "node:wasi";

const [wasm, ...args] = process.argv.slice(2);
const seconds = (since) => {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1e6;
};
const compiling = process.cpuUsage();
const module = new WebAssembly.Module(readFileSync(wasm));
const compiled = seconds(compiling);
const peak = 1024 * readFileSync("/proc/self/status", "utf8").match(/VmHWM:\s*(\d+) kB/)[1];
const wasi = new WASI({ version: "preview1", args: ["program", ...args], preopens: { ".": "." }, returnOnExit: true });
const instance = new WebAssembly.Instance(module, wasi.getImportObject());
const running = process.cpuUsage();
const code = wasi.start(instance);
console.error(`${seconds(running)} ${compiled} ${peak}`);
process.exitCode = code;
