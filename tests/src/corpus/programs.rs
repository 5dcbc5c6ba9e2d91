//! The programs of the corpus: C from the crates that carry it, each with a driver in `tests/programs/corpus`.

use anyhow::Result;

use crate::c_program::{CProgram, root};

/// A program, and what it is given: so much work that it takes half a second natively.
pub struct Program {
    /// How to build it.
    pub source: CProgram,
    /// Its arguments.
    pub arguments: &'static [&'static str],
    /// Others, for a run that is to show where its branches go: a small part of the work.
    pub training: &'static [&'static str],
    /// Options with which its native build takes the paths through its sources that the build for WebAssembly takes, as far as the
    /// sources let one choose.
    pub same_paths: &'static [&'static str],
}

/// Oniguruma, Lua and QuickJS jump from instruction to instruction natively. For WebAssembly QuickJS has a `switch`, and the compiler
/// makes one of the others' jumps.
const ONIGURUMA_PATHS: &[&str] = &["-DONIG_DISABLE_DIRECT_THREADING"];
const LUA_PATHS: &[&str] = &["-DLUA_USE_JUMPTABLE=0"];
const QUICKJS_PATHS: &[&str] = &["-DEMSCRIPTEN"];
/// Checksums of words of 32 bits instead of 64.
const ZLIB_PATHS: &[&str] = &["-DZ_TESTW=4"];
/// No intrinsics of the processor, and no decoder of its own for 64-bit machines. What it reads its bits into stays as long as a pointer.
const ZSTD_PATHS: &[&str] =
    &["-DZSTD_NO_INTRINSICS", "-DSTATIC_BMI2=0", "-DDYNAMIC_BMI2=0", "-DHUF_DISABLE_FAST_DECODE"];
/// The decoder that is not only for processors that it names. The words that it compares stay as long as a pointer.
const LZ4_PATHS: &[&str] = &["-DLZ4_FAST_DEC_LOOP=0"];

/// A program that prints a line.
pub fn hello() -> Program {
    let source = CProgram::new(root().join("tests/programs/hello.c")).opt_level("-O3");
    Program { source, arguments: &[], training: &[], same_paths: &[] }
}

/// All of them.
///
/// # Errors
/// If a crate cannot be found or downloaded.
pub fn all() -> Result<Vec<Program>> {
    let programs: [(Result<CProgram>, [&'static [&'static str]; 3]); 8] = [
        (CProgram::sqlite(), [&[":memory:", "8000"], &[":memory:", "500"], &[]]),
        (lua(), [&["12"], &["1"], LUA_PATHS]),
        (quickjs(), [&["16"], &["1"], QUICKJS_PATHS]),
        (regex(), [&["16"], &["1"], ONIGURUMA_PATHS]),
        (zlib(), [&["4"], &["1"], ZLIB_PATHS]),
        (bzip2(), [&["2"], &["1"], &[]]),
        (zstd(), [&["9"], &["1"], ZSTD_PATHS]),
        (lz4(), [&["24"], &["1"], LZ4_PATHS]),
    ];
    let built = |(source, [arguments, training, same_paths]): (Result<CProgram>, [_; 3])| {
        Ok(Program { source: source?.opt_level("-O3"), arguments, training, same_paths })
    };
    programs.into_iter().map(built).collect()
}

fn driver(name: &str) -> CProgram {
    CProgram::new(root().join("tests/programs/corpus").join(name).with_extension("c"))
}

fn codec(name: &str) -> CProgram {
    driver(name).includes(&["codec.h", "input.h"])
}

/// A folder with headers that a library expects to be made by a set-up of its own.
fn made_headers(library: &str) -> [String; 2] {
    ["-I".to_owned(), root().join("tests/programs/corpus").join(library).display().to_string()]
}

fn zlib() -> Result<CProgram> {
    let sources = [
        "adler32.c",
        "compress.c",
        "crc32.c",
        "deflate.c",
        "inffast.c",
        "inflate.c",
        "inftrees.c",
        "trees.c",
        "uncompr.c",
        "zutil.c",
    ];
    codec("zlib").library("libz-sys", "src/zlib", &sources)
}

fn bzip2() -> Result<CProgram> {
    let sources =
        ["blocksort.c", "bzlib.c", "compress.c", "crctable.c", "decompress.c", "huffman.c", "randtable.c"];
    codec("bzip2").options(&["-DBZ_NO_STDIO"]).library("bzip2-sys", "bzip2-1.0.8", &sources)
}

/// Without the assembly and the prefetches of the native build, which a compiler for WebAssembly drops: they would be compared
/// with nothing.
fn zstd() -> Result<CProgram> {
    zstd_with(&["-DNO_PREFETCH"])
}

/// Zstandard with the prefetches of its native build. For WebAssembly they are dropped, or hints with `-DWITH_HINTS`.
///
/// # Errors
/// If the crate cannot be found or downloaded.
pub fn prefetching() -> Result<Program> {
    let header = root().join("tests/programs/corpus/prefetch.h").display().to_string();
    let source = zstd_with(&["-include", &header])?.includes(&["prefetch.h"]).opt_level("-O3");
    Ok(Program { source, arguments: &["9"], training: &["1"], same_paths: ZSTD_PATHS })
}

fn zstd_with(options: &[&str]) -> Result<CProgram> {
    let program = codec("zstd").options(&["-DZSTD_DISABLE_ASM"]).options(options);
    program.library("zstd-sys", "zstd/lib", &["common/", "compress/", "decompress/"])
}

fn lz4() -> Result<CProgram> {
    codec("lz4").library("lz4-sys", "liblz4/lib", &["lz4.c", "lz4hc.c"])
}

fn regex() -> Result<CProgram> {
    let [include, folder] = made_headers("regex");
    let program = driver("regex").includes(&["input.h", "regex/config.h"]).options(&[&include, &folder]);
    let sources = [
        "regexec.c",
        "regerror.c",
        "regparse.c",
        "regext.c",
        "regcomp.c",
        "regenc.c",
        "regsyntax.c",
        "regtrav.c",
        "regversion.c",
        "st.c",
        "onig_init.c",
        "unicode.c",
        "ascii.c",
        "utf8.c",
        "unicode_fold1_key.c",
        "unicode_fold2_key.c",
        "unicode_fold3_key.c",
        "unicode_unfold_key.c",
    ];
    program.library("onig_sys", "oniguruma/src", &sources)
}

fn lua() -> Result<CProgram> {
    let [include, folder] = made_headers("lua");
    let program = driver("lua").includes(&["script.lua"]).options(&[
        &include,
        &folder,
        "-std=c23",
        // No long jumps, and the same random numbers in every run.
        "-DLUAI_THROW(L,c)=abort()",
        "-DLUAI_TRY(L,c,a)={a}",
        "-Dluai_jmpbuf=int",
        "-Dl_signalT=int",
        "-Dl_randomizePivot()=~0u",
        "-Dluai_makeseed(L)=1u",
    ]);
    let sources = [
        "lapi.c",
        "lauxlib.c",
        "lbaselib.c",
        "lcode.c",
        "lctype.c",
        "ldebug.c",
        "ldo.c",
        "ldump.c",
        "lfunc.c",
        "lgc.c",
        "llex.c",
        "lmathlib.c",
        "lmem.c",
        "lobject.c",
        "lopcodes.c",
        "lparser.c",
        "lstate.c",
        "lstring.c",
        "lstrlib.c",
        "ltable.c",
        "ltablib.c",
        "ltm.c",
        "lundump.c",
        "lvm.c",
        "lzio.c",
    ];
    program.library("lua-src", "lua-5.4.9", &sources)
}

fn quickjs() -> Result<CProgram> {
    let program = driver("quickjs").includes(&["script.js"]).options(&["-std=gnu23", "-D_GNU_SOURCE"]);
    // What its build for WASI says: rounding modes and threads are missing there, and labels are no values.
    let program = program.wasm_options(&["-DEMSCRIPTEN", "-DFE_DOWNWARD=0", "-DFE_UPWARD=0"]);
    program.library("rquickjs-sys", "quickjs", &["libregexp.c", "libunicode.c", "quickjs.c", "dtoa.c"])
}
