//! A program at a pseudo-terminal of its own, and a script that reads its screen and types. For the demo and the tests.

use std::io::{Read, Write as _};
use std::path::Path;
use std::process::{Child, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use pty_process::blocking::{Command, Pty, open};

/// How long the script waits for a text before it gives up loudly.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running program, its terminal, and what it has shown so far.
pub struct Terminal {
    pty: Pty,
    screen: String,
    /// How much of the screen was waited for already.
    seen: usize,
    shown: Receiver<Vec<u8>>,
    child: Child,
    stdout: JoinHandle<Vec<u8>>,
}

/// A program that has ended.
pub struct Ended {
    /// How.
    pub status: ExitStatus,
    /// What it wrote to stdout, which is a pipe and not the terminal.
    pub stdout: String,
    /// What the terminal showed.
    pub screen: String,
}

impl Terminal {
    /// Starts a program with a controlling terminal; its stdout is a pipe.
    ///
    /// # Errors
    /// When no pseudo-terminal can be had, or the program cannot be started.
    pub fn start(program: &Path, arguments: &[&str], folder: &Path) -> Result<Self, String> {
        let (pty, pts) = open().map_err(|e| format!("opening a pseudo-terminal: {e}"))?;
        let command = Command::new(program).args(arguments).current_dir(folder).stdout(Stdio::piped());
        let mut child = command.spawn(pts).map_err(|e| format!("starting {}: {e}", program.display()))?;
        let mut pipe = child.stdout.take().ok_or("stdout was not piped")?;
        let stdout = std::thread::spawn(move || {
            let mut bytes = Vec::new();
            // What came before an error is what there is.
            let _ = pipe.read_to_end(&mut bytes);
            bytes
        });
        let reader = rustix::io::dup(&pty).map_err(|e| format!("duplicating the terminal: {e}"))?;
        let (send, shown) = channel();
        std::thread::spawn(move || {
            let mut reader = std::fs::File::from(reader);
            let mut chunk = [0; 4096];
            // A terminal whose program has ended answers with EIO.
            while let Ok(count @ 1..) = reader.read(&mut chunk) {
                if send.send(chunk[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        Ok(Self { pty, screen: String::new(), seen: 0, shown, child, stdout })
    }

    /// Waits until the screen shows `text` after what was waited for before.
    ///
    /// # Errors
    /// When it does not appear in a minute, or the program ends first.
    #[expect(clippy::disallowed_methods, reason = "a deadline of a script")]
    pub fn expect(&mut self, text: &str) -> Result<(), String> {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(at) = self.screen[self.seen..].find(text) {
                self.seen += at + text.len();
                return Ok(());
            }
            match self.shown.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(chunk) => self.screen.push_str(&String::from_utf8_lossy(&chunk)),
                Err(RecvTimeoutError::Timeout) => {
                    return Err(format!("`{text}` did not appear; the screen shows:\n{}", self.screen));
                }
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(format!("it ended before `{text}`; the screen showed:\n{}", self.screen));
                }
            }
        }
    }

    /// Types a line.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn type_line(&mut self, line: &str) -> Result<(), String> {
        self.pty.write_all(format!("{line}\n").as_bytes()).map_err(|e| format!("typing: {e}"))
    }

    /// Kills the program, as a power cut would.
    ///
    /// # Errors
    /// When it is gone already.
    pub fn kill(mut self) -> Result<(), String> {
        self.child.kill().and_then(|()| self.child.wait()).map(drop).map_err(|e| format!("killing it: {e}"))
    }

    /// Waits for the end.
    ///
    /// # Errors
    /// When the program cannot be waited for.
    pub fn end(mut self) -> Result<Ended, String> {
        let status = self.child.wait().map_err(|e| format!("waiting for the end: {e}"))?;
        while let Ok(chunk) = self.shown.recv_timeout(Duration::from_millis(200)) {
            self.screen.push_str(&String::from_utf8_lossy(&chunk));
        }
        let stdout = self.stdout.join().map_err(|_| "reading stdout failed")?;
        Ok(Ended { status, stdout: String::from_utf8_lossy(&stdout).into_owned(), screen: self.screen })
    }
}
