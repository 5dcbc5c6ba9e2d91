/* The interpreter of QuickJS on a script of its own, for `cargo xtask bench --table corpus`. */

#include <stdio.h>
#include <stdlib.h>

#include "quickjs.h"

static const char script[] = {
#embed "script.js" suffix(, 0)
};

static JSValue print(JSContext *context, JSValueConst this, int count, JSValueConst *values)
{
    for (int i = 0; i < count; i++) {
        const char *text = JS_ToCString(context, values[i]);
        if (!text) return JS_EXCEPTION;
        printf(i ? " %s" : "%s", text);
        JS_FreeCString(context, text);
    }
    putchar('\n');
    return JS_UNDEFINED;
}

int main(int argc, char **argv)
{
    JSRuntime *runtime = JS_NewRuntime();
    JSContext *context = JS_NewContext(runtime);
    JSValue global = JS_GetGlobalObject(context);
    JS_SetPropertyStr(context, global, "print", JS_NewCFunction(context, print, "print", 1));
    JS_SetPropertyStr(context, global, "rounds", JS_NewInt32(context, argc > 1 ? atoi(argv[1]) : 1));
    JSValue result = JS_Eval(context, script, sizeof script - 1, "script.js", JS_EVAL_TYPE_GLOBAL);
    int failed = JS_IsException(result);
    if (failed) {
        const char *text = JS_ToCString(context, JS_GetException(context));
        fprintf(stderr, "%s\n", text ? text : "exception");
    }
    JS_FreeValue(context, result);
    JS_FreeValue(context, global);
    JS_FreeContext(context);
    JS_FreeRuntime(runtime);
    return failed;
}
