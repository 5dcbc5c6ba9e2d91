// A union of shapes, and what nobody calls.
export type Shape =
    | { kind: "circle"; radius: number }
    | { kind: "rectangle"; width: number; height: number };

export const enum Unit {
    Metre = "m²",
}

export function area(shape: Shape): number {
    switch (shape.kind) {
        case "circle":
            return Math.PI * shape.radius ** 2;
        case "rectangle":
            return shape.width * shape.height;
    }
}

export function unused(): never {
    throw new Error("is called by none");
}
