// The entry of a project that esbuild bundles: TypeScript, JSX, JSON, text and CSS, with imports in a circle.
import report from "./report";
import { Shape, area, unused } from "./shapes";
import settings from "./settings.json";
import licence from "./licence.txt";
import "./style.css";

function element(tag: string, attributes: Record<string, unknown> | null, ...children: unknown[]): string {
    const list = Object.entries(attributes ?? {}).map(([name, value]) => ` ${name}="${value}"`);
    return `<${tag}${list.join("")}>${children.flat().join("")}</${tag}>`;
}

const shapes: Shape[] = [
    { kind: "circle", radius: 2 },
    { kind: "rectangle", width: 3, height: settings.height },
];

class Counter {
    static #made = 0;
    readonly id = ++Counter.#made;
    constructor(private step: bigint = 1n) {}
    *values(count: number) {
        for (let n = 0; n < count; n++) yield (BigInt(n) * this.step) ** 2n;
    }
}

async function main() {
    const total = shapes.map(area).reduce((sum, next) => sum + next, 0);
    console.log(report(total), licence.trim());
    console.log(<ul class="list">{shapes.map((shape) => <li id={shape.kind}>{area(shape).toFixed(1)}</li>)}</ul>);
    const counters = [new Counter(3n), new Counter()];
    console.log(counters.map((counter) => [counter.id, ...counter.values(4)].join(" ")).join("; "));
    const { late } = await import("./late");
    console.log(late?.greeting ?? "nothing", typeof unused);
}

main();
