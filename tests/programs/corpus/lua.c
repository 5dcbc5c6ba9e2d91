/* The interpreter of Lua on a script of its own, for `cargo xtask bench --table corpus`. Errors end the program and there
 * are no coroutines: both need long jumps, which the C library for WASI does not have. */

#include <stdio.h>
#include <stdlib.h>

#include "lauxlib.h"
#include "lua.h"
#include "lualib.h"

static const char script[] = {
#embed "script.lua"
};

int main(int argc, char **argv)
{
    lua_State *state = luaL_newstate();
    if (!state) return 1;
    const luaL_Reg libraries[] = {
        {LUA_GNAME, luaopen_base},       {LUA_TABLIBNAME, luaopen_table},  {LUA_STRLIBNAME, luaopen_string},
        {LUA_MATHLIBNAME, luaopen_math},
    };
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
        luaL_requiref(state, libraries[i].name, libraries[i].func, 1);
        lua_pop(state, 1);
    }
    if (luaL_loadbufferx(state, script, sizeof script, "script", "t") != LUA_OK) return 1;
    lua_pushinteger(state, argc > 1 ? atoi(argv[1]) : 1);
    lua_call(state, 1, 0);
    lua_close(state);
    return 0;
}
