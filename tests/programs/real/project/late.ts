// Imported statically and dynamically.
import report from "./report";

export const late = { greeting: "In all", isFunction: typeof report };
