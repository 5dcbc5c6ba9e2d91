// Imports from the module that imports it.
import { Unit } from "./shapes";
import * as late from "./late";

export default function report(total: number): string {
    const rounded = Math.round(total * 100) / 100;
    return `${late.late.greeting}: ${rounded} ${Unit.Metre}`;
}
