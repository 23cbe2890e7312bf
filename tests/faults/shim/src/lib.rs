//! A library that is preloaded under the program under test. It stands in for the functions of the C library through which
//! a process writes durably, numbers these calls (*edges*) from 1, and does one thing at one of them: kill the process
//! before or after it, fail it, or take back everything that was not synced yet, as a power cut would.
//!
//! An edge is a call that creates, writes, shortens, syncs, renames or removes a file below `FAULT_ROOT`, or that writes to
//! stdout (the answer that a caller takes for an acknowledgement) or sends to another process. `FAULT_DO` says what to do
//! (`plan.rs`), `FAULT_LOG` names a file that gets a line for each edge, `FAULT_SPARE` an empty folder on the same file system
//! for what a power cut brings back. What a process does by system calls of its own, not through the C library, is not seen:
//! `rustix` opens and renames so.

#![expect(unsafe_code, reason = "these are functions of the C library, with its signatures")]
#![expect(clippy::disallowed_methods, reason = "it stands below whoever opens files by the rules")]

mod disk;
mod edge;
mod plan;

use std::ffi::CStr;
use std::os::fd::RawFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use libc::{c_char, c_int, c_long, c_uint, c_void, iovec, mode_t, off_t, size_t, ssize_t, syscall};

use edge::{Kind, Place, named, of_fd, pass};

/// Reads the plan before the program's `main`.
#[used]
#[unsafe(link_section = ".init_array")]
static BEGIN: extern "C" fn() = begin;

/// A power cut after the last thing that the program did, where the plan says so.
#[used]
#[unsafe(link_section = ".fini_array")]
static END: extern "C" fn() = edge::end;

extern "C" fn begin() {
    edge::begin();
}

fn path(name: *const c_char) -> PathBuf {
    // SAFETY: the C library's contract: a path is a string that ends with a zero byte.
    let bytes = unsafe { CStr::from_ptr(name) }.to_bytes();
    PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
}

/// A path as `…at` functions take it: beneath a folder that is open, or as it stands.
fn at(folder: c_int, name: *const c_char) -> PathBuf {
    let name = path(name);
    if name.is_absolute() || folder == libc::AT_FDCWD {
        return name;
    }
    std::fs::read_link(format!("/proc/self/fd/{folder}")).map_or(name.clone(), |folder| folder.join(name))
}

fn opening(folder: c_int, name: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    // SAFETY: the arguments are the caller's, as the call wants them.
    let act = || unsafe { syscall(libc::SYS_openat, folder, name, flags, c_uint::from(mode)) };
    if flags & (libc::O_CREAT | libc::O_TRUNC) == 0 || edge::is_inside() {
        return result(act());
    }
    let file = at(folder, name);
    let there = edge::outside(|| file.metadata().map(|it| it.len()));
    let kind = match there {
        Err(_) if flags & libc::O_CREAT != 0 => Kind::Create,
        Ok(1..) if flags & libc::O_TRUNC != 0 => Kind::Shorten(0),
        _ => return result(act()),
    };
    result(pass(kind, named(&file), act))
}

fn result(value: c_long) -> c_int {
    c_int::try_from(value).unwrap_or(-1)
}

#[unsafe(no_mangle)]
extern "C" fn open(name: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    opening(libc::AT_FDCWD, name, flags, mode)
}

#[unsafe(no_mangle)]
extern "C" fn open64(name: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    opening(libc::AT_FDCWD, name, flags | libc::O_LARGEFILE, mode)
}

#[unsafe(no_mangle)]
extern "C" fn openat(folder: c_int, name: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    opening(folder, name, flags, mode)
}

#[unsafe(no_mangle)]
extern "C" fn openat64(folder: c_int, name: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    opening(folder, name, flags | libc::O_LARGEFILE, mode)
}

#[unsafe(no_mangle)]
extern "C" fn write(fd: RawFd, bytes: *const c_void, count: size_t) -> ssize_t {
    // SAFETY: the arguments are the caller's, as the call wants them.
    let act = || unsafe { syscall(libc::SYS_write, fd, bytes, count) };
    pass(Kind::Write { at: None, count }, of_fd(fd), act) as ssize_t
}

#[unsafe(no_mangle)]
extern "C" fn writev(fd: RawFd, parts: *const iovec, count: c_int) -> ssize_t {
    // SAFETY: the arguments are the caller's, as the call wants them.
    let act = || unsafe { syscall(libc::SYS_writev, fd, parts, count) };
    // SAFETY: there are `count` parts.
    let all = unsafe { std::slice::from_raw_parts(parts, usize::try_from(count).unwrap_or_default()) };
    pass(Kind::Write { at: None, count: all.iter().map(|part| part.iov_len).sum() }, of_fd(fd), act) as ssize_t
}

#[unsafe(no_mangle)]
extern "C" fn send(fd: RawFd, bytes: *const c_void, count: size_t, flags: c_int) -> ssize_t {
    // SAFETY: the arguments are the caller's, as the call wants them; `sendto` without an address is `send`.
    let act = || unsafe { syscall(libc::SYS_sendto, fd, bytes, count, flags, std::ptr::null::<c_void>(), 0) };
    pass(Kind::Send, Place::Network, act) as ssize_t
}

#[unsafe(no_mangle)]
extern "C" fn pwrite64(fd: RawFd, bytes: *const c_void, count: size_t, offset: off_t) -> ssize_t {
    // SAFETY: the arguments are the caller's, as the call wants them.
    let act = || unsafe { syscall(libc::SYS_pwrite64, fd, bytes, count, offset) };
    pass(Kind::Write { at: u64::try_from(offset).ok(), count }, of_fd(fd), act) as ssize_t
}

#[unsafe(no_mangle)]
extern "C" fn pwrite(fd: RawFd, bytes: *const c_void, count: size_t, offset: off_t) -> ssize_t {
    pwrite64(fd, bytes, count, offset)
}

#[unsafe(no_mangle)]
extern "C" fn ftruncate64(fd: RawFd, length: off_t) -> c_int {
    // SAFETY: the arguments are the caller's, as the call wants them.
    let act = || unsafe { syscall(libc::SYS_ftruncate, fd, length) };
    result(pass(Kind::Shorten(u64::try_from(length).unwrap_or_default()), of_fd(fd), act))
}

#[unsafe(no_mangle)]
extern "C" fn ftruncate(fd: RawFd, length: off_t) -> c_int {
    ftruncate64(fd, length)
}

#[unsafe(no_mangle)]
extern "C" fn fsync(fd: RawFd) -> c_int {
    // SAFETY: the arguments are the caller's, as the call wants them.
    result(pass(Kind::Sync, of_fd(fd), || unsafe { syscall(libc::SYS_fsync, fd) }))
}

#[unsafe(no_mangle)]
extern "C" fn fdatasync(fd: RawFd) -> c_int {
    // SAFETY: the arguments are the caller's, as the call wants them.
    result(pass(Kind::Sync, of_fd(fd), || unsafe { syscall(libc::SYS_fdatasync, fd) }))
}

fn renaming((from, from_name): (c_int, *const c_char), (to, to_name): (c_int, *const c_char), flags: c_uint) -> c_int {
    // SAFETY: the arguments are the caller's, as the call wants them.
    let act = || unsafe { syscall(libc::SYS_renameat2, from, from_name, to, to_name, flags) };
    if edge::is_inside() {
        return result(act());
    }
    let place = named(&at(from, from_name));
    let to = edge::outside(|| absolute(&at(to, to_name)));
    result(pass(Kind::Rename(to), place, act))
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

#[unsafe(no_mangle)]
extern "C" fn rename(from: *const c_char, to: *const c_char) -> c_int {
    renaming((libc::AT_FDCWD, from), (libc::AT_FDCWD, to), 0)
}

#[unsafe(no_mangle)]
extern "C" fn renameat(from: c_int, from_name: *const c_char, to: c_int, to_name: *const c_char) -> c_int {
    renaming((from, from_name), (to, to_name), 0)
}

#[unsafe(no_mangle)]
extern "C" fn renameat2(from: c_int, from_name: *const c_char, to: c_int, to_name: *const c_char, flags: c_uint) -> c_int {
    renaming((from, from_name), (to, to_name), flags)
}

#[unsafe(no_mangle)]
extern "C" fn unlink(name: *const c_char) -> c_int {
    unlinkat(libc::AT_FDCWD, name, 0)
}

#[unsafe(no_mangle)]
extern "C" fn unlinkat(folder: c_int, name: *const c_char, flags: c_int) -> c_int {
    // SAFETY: the arguments are the caller's, as the call wants them.
    let act = || unsafe { syscall(libc::SYS_unlinkat, folder, name, flags) };
    let place = if edge::is_inside() { Place::Elsewhere } else { named(&at(folder, name)) };
    result(pass(Kind::Remove, place, act))
}
