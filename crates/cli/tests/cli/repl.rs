//! `wootz repl`: scripts with their exit codes, and a session at a terminal.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use super::{Dir, outcome};

#[test]
fn a_script_prints_values_only() {
    let script = b"(func $f (param i32) (result i32)\n  (i32.add (local.get 0) (i32.const 1)))\n\
        (call $f (i32.const 1)) ;; two\n\n(f64.const 0.5) (ref.null func)\n(func $f (param i32) (result i32) (i32.const 9))\n(call $f $1)";
    let outcome = Dir::new().wootz_with_stdin(&["repl"], script);
    assert_eq!(outcome.output(), "2\n0.5\nnull\n9\n");
}

#[test]
fn errors_are_told_and_strict_scripts_end_at_the_first() {
    let dir = Dir::new();
    let script = b"(i32.const 1)\n(i32.add)\n(unreachable)\n(i32.const 2)\n";
    let lenient = dir.wootz_with_stdin(&["repl"], script);
    assert_eq!((lenient.code, lenient.stdout.as_str()), (0, "1\n2\n"));
    assert_eq!(lenient.stderr.matches("error: ").count(), 2, "{}", lenient.stderr);
    let strict = dir.wootz_with_stdin(&["repl", "--strict"], script);
    assert_eq!((strict.code, strict.stdout.as_str()), (65, "1\n"));
    assert!(strict.stderr.contains("1 | (i32.add)\n  |  ^^^^^^^\n"), "{}", strict.stderr);
    for (script, code) in [
        ("(unreachable)", 134),
        (":break-on-trap on\n(i32.add)\n(unreachable)\n(i32.const 1)", 134),
        (":nothing", 2),
        (":load nothing", 66),
        ("(func", 65),
        (":quit\n(i32.add)", 0),
        ("", 0),
    ] {
        let args: &[&str] = if script.contains("break") { &["repl"] } else { &["repl", "--strict"] };
        let ended = dir.wootz_with_stdin(args, script.as_bytes());
        assert_eq!((ended.code, ended.stdout.as_str()), (code, ""), "{script}: {}", ended.stderr);
    }
}

#[test]
fn a_module_to_begin_with_is_there_to_call() {
    let dir = Dir::with("f.wat", r#"(module (func (export "f") (result i32) (i32.const 7)))"#);
    assert_eq!(dir.wootz_with_stdin(&["repl", "-O1", "f.wat"], b"(call $f)").output(), "7\n");
    assert_eq!(dir.wootz_with_stdin(&["repl", "nothing.wat"], b"").code, 66);
}

#[test]
fn guests_see_what_they_are_given() {
    let dir = Dir::new();
    let script =
        br#"(import "wasi_snapshot_preview1" "environ_get" (func $environ (param i32 i32) (result i32)))
(import "wasi_snapshot_preview1" "fd_prestat_get" (func $prestat (param i32 i32) (result i32)))
(memory 1)
(drop (call $environ (i32.const 0) (i32.const 64))) (i64.load (i32.const 64))
(call $prestat (i32.const 3) (i32.const 0))
:undo
(call $prestat (i32.const 3) (i32.const 0))"#;
    let given = dir.wootz_with_stdin(&["repl", "--dir=.", "--env=STEEL=1"], script);
    let variable = i64::from_le_bytes(*b"STEEL=1\0");
    let undone = "took back: (call $prestat (i32.const 3) (i32.const 0))";
    assert_eq!(given.output(), format!("{variable}\n0\n{undone}\n0\n"));
    let nothing = dir.wootz_with_stdin(&["repl"], script);
    // There is no such descriptor (`badf`).
    assert_eq!(nothing.output(), format!("0\n8\n{undone}\n8\n"));
    assert_eq!(dir.wootz_with_stdin(&["repl", "--dir=nowhere"], script).code, 66);
}

#[test]
fn guests_write_but_do_not_read_the_script() {
    let script =
        br#"(import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
(import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
(memory 1) (data (i32.const 0) "\10\00\00\00\03\00\00\00go\n") (data (i32.const 16) "go\n")
(call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32))
(drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 32))) (i32.load (i32.const 32))"#;
    assert_eq!(Dir::new().wootz_with_stdin(&["repl", "--strict"], script).output(), "go\n0\n0\n");
}

fn interrupt(child: &Child) {
    let status = Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status().unwrap();
    assert!(status.success());
}

#[test]
fn ctrl_c_ends_a_script() {
    let dir = Dir::new();
    let mut command = dir.command(&["repl"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"(i32.const 1)\n(loop (br 0))\n(i32.const 2)\n").unwrap();
    let mut line = String::new();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdout.read_line(&mut line).unwrap();
    assert_eq!(line, "1\n");
    std::thread::sleep(Duration::from_millis(300));
    interrupt(&child);
    let ended = outcome(child.wait_with_output().unwrap());
    assert_eq!(ended.code, 130, "{}", ended.stderr);
    line.clear();
    stdout.read_to_string(&mut line).unwrap();
    assert_eq!(line, "");
}

/// A session at a terminal.
struct Session {
    child: Child,
    terminal: File,
    pieces: mpsc::Receiver<String>,
    shown: String,
}

impl Drop for Session {
    fn drop(&mut self) {
        // It has ended already, if all went well.
        let _ = self.child.kill();
    }
}

impl Session {
    fn start(dir: &Dir) -> Self {
        let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&terminal).unwrap();
        unlockpt(&terminal).unwrap();
        let name = ptsname(&terminal, Vec::new()).unwrap();
        let end = OpenOptions::new().read(true).write(true).open(name.to_str().unwrap()).unwrap();
        let mut command = dir.command(&["repl"]);
        command.stdin(end.try_clone().unwrap()).stdout(end.try_clone().unwrap()).stderr(end);
        command.env("TERM", "xterm").env("XDG_STATE_HOME", dir.path());
        let child = command.spawn().unwrap();
        let terminal = File::from(terminal);
        let mut output = terminal.try_clone().unwrap();
        let (send, pieces) = mpsc::channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            // Reading fails when no one has the other end any more.
            while let Ok(count @ 1..) = output.read(&mut buffer) {
                if send.send(String::from_utf8_lossy(&buffer[..count]).into_owned()).is_err() {
                    break;
                }
            }
        });
        Self { child, terminal, pieces, shown: String::new() }
    }

    /// Reads until a text is shown, and forgets what was shown before its end.
    fn until(&mut self, text: &str) {
        loop {
            if let Some(at) = self.shown.find(text) {
                self.shown.drain(..at + text.len());
                return;
            }
            match self.pieces.recv_timeout(Duration::from_secs(60)) {
                Ok(piece) => self.shown.push_str(&piece),
                Err(_) => panic!("{text} is not in {:?}", self.shown),
            }
        }
    }

    fn enter(&mut self, text: &str) {
        self.terminal.write_all(text.as_bytes()).unwrap();
    }
}

#[test]
fn a_session_at_a_terminal() {
    let dir = Dir::new();
    let mut session = Session::start(&dir);
    session.until("wootz> ");
    // An entry over two lines, with a name and a command that are completed.
    session.enter("(func $forty (result i32)\r(i32.const 40))\r");
    session.until("func $forty (result i32)\r\n");
    session.until("wootz> ");
    session.enter("(i32.add (call $fo\t) (i32.const 2))\r");
    session.until("$1: i32 = 42");
    session.until("wootz> ");
    session.enter("(loop $l (br $l))\r");
    std::thread::sleep(Duration::from_millis(500));
    interrupt(&session.child);
    session.until("interrupted");
    session.until("wootz> ");
    session.enter("(unreach\t");
    session.enter("\x03");
    session.until("wootz> ");
    session.enter(":type $forty\r");
    session.until("(result i32)\r\n");
    session.until("wootz> ");
    session.enter(":quit\r");
    assert!(session.child.wait().unwrap().success());
    let history = std::fs::read_to_string(dir.path().join("wootz/repl_history")).unwrap();
    assert!(history.contains(":type $forty"), "{history}");
}
