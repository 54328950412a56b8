"""Has Linux keep a process from all that a worker never does: networks, programs, other processes, changing files.

One seccomp filter (x86_64 and aarch64) that the process puts on itself, for good. System calls that are not named
here stay as they are. See https://docs.kernel.org/userspace-api/seccomp_filter.html,
https://docs.kernel.org/userspace-api/no_new_privs.html and seccomp(2). Knows nothing of frames, tasks or DuckDB.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
import threading
from dataclasses import dataclass

_REFUSED = {
    "talking to others": """socket 41 198, socketpair 53 199, connect 42 203, bind 49 200, listen 50 201,
        accept 43 202, accept4 288 242, sendto 44 206, sendmsg 46 211, sendmmsg 307 269,
        shmget 29 194, msgget 68 186, semget 64 190, mq_open 240 180, mq_unlink 241 181""",
    "starting programs": "execve 59 221, execveat 322 281, fork 57 -, vfork 58 -",
    "reaching into processes": """ptrace 101 117, process_vm_readv 310 270, process_vm_writev 311 271, kill 62 129,
        tkill 200 130, rt_sigqueueinfo 129 138, rt_tgsigqueueinfo 297 240, pidfd_open 434 434, pidfd_getfd 438 438,
        pidfd_send_signal 424 424, process_madvise 440 440, kcmp 312 272, setpriority 141 140""",
    "changing names": """creat 85 -, unlink 87 -, unlinkat 263 35, rename 82 -, renameat 264 38, renameat2 316 276,
        link 86 -, linkat 265 37, symlink 88 -, symlinkat 266 36, mkdir 83 -, mkdirat 258 34, rmdir 84 -,
        mknod 133 -, mknodat 259 33""",
    "changing files": """truncate 76 45, ftruncate 77 46, fallocate 285 47, chmod 90 -, fchmod 91 52, fchmodat 268 53,
        fchmodat2 452 452, chown 92 -, fchown 93 55, lchown 94 -, fchownat 260 54, utime 132 -, utimes 235 -,
        futimesat 261 -, utimensat 280 88, setxattr 188 5, lsetxattr 189 6, fsetxattr 190 7, setxattrat 463 463,
        removexattr 197 14, lremovexattr 198 15, fremovexattr 199 16, removexattrat 466 466, file_setattr 469 469,
        open_by_handle_at 304 265""",
    "changing the system": """mount 165 40, umount2 166 39, pivot_root 155 41, chroot 161 51, unshare 272 97,
        setns 308 268, open_tree 428 428, move_mount 429 429, fsopen 430 430, fsmount 432 432, fspick 433 433,
        mount_setattr 442 442, swapon 167 224, swapoff 168 225, reboot 169 142, init_module 175 105,
        finit_module 313 273, delete_module 176 106, kexec_load 246 104, kexec_file_load 320 294,
        settimeofday 164 170, clock_settime 227 112, sethostname 170 161, setdomainname 171 162""",
    "going round a filter": """io_uring_setup 425 425, io_uring_enter 426 426, io_uring_register 427 427, bpf 321 280,
        perf_event_open 298 241, userfaultfd 323 282, keyctl 250 219, add_key 248 217, request_key 249 218""",
}
"""Each call with its numbers on x86_64 and aarch64; `-` where a system has none."""

_MISSING = "clone3 435 435, openat2 437 437"
"""Their arguments lie in memory that a filter cannot read: said to be missing, so that older calls are used."""

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # BPF_LD|W|ABS, BPF_JMP|J…|K, BPF_RET|K
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000  # SECCOMP_RET_…
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data
_FOREIGN_NUMBERS = 0x40000000  # x86_64's x32 calls begin here
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_CLONE_THREAD = 0x00010000
_TYPING_FOR_OTHERS = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX
_SET_NO_NEW_PRIVS, _SET_MODE_FILTER, _ALL_THREADS = 38, 1, 1

Instruction = tuple[int, int, int, int]
"""struct sock_filter: code, how many to skip when true and when false, and a constant."""


@dataclass(frozen=True)
class _System:
    """What differs between processors. `column` is that of the numbers above; 0 stands for no such call."""

    audit: int
    column: int
    seccomp: int
    open: int
    openat: int
    clone: int
    tgkill: int
    ioctl: int
    prlimit64: int


_SYSTEMS = {
    "x86_64": _System(0xC000003E, 1, 317, open=2, openat=257, clone=56, tgkill=234, ioctl=16, prlimit64=302),
    "aarch64": _System(0xC00000B7, 2, 277, open=0, openat=56, clone=220, tgkill=131, ioctl=29, prlimit64=261),
}


def confine() -> bool:
    """Confine this process, all its threads and those to come; whether the system could. There is no way back."""
    return _install(_ALL_THREADS)


def available() -> bool:
    """Whether `confine` would work here: tried on a thread that ends at once."""
    tried: list[bool] = []
    thread = threading.Thread(target=lambda: tried.append(_install(0)))
    thread.start()
    thread.join()
    return tried == [True]


def call_numbers(machine: str) -> dict[str, int]:
    """The system calls that are always refused on `machine`, by name."""
    column = _SYSTEMS[machine].column
    lines = [line.split() for text in (*_REFUSED.values(), _MISSING) for line in text.split(",")]
    return {line[0]: int(line[column]) for line in lines if line[column] != "-"}


def program(machine: str, process: int) -> list[Instruction]:
    """The filter for the process with that id: it sees architecture, number and arguments of each call."""
    system = _SYSTEMS[machine]
    denied = _ERRNO | errno.EPERM
    missing = {line.split()[0] for line in _MISSING.split(",")}
    steps: list[Instruction] = [
        (_LOAD, 0, 0, _ARCHITECTURE), (_EQUAL, 1, 0, system.audit), (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER), (_AT_LEAST, 0, 1, _FOREIGN_NUMBERS), (_RETURN, 0, 0, denied),
    ]  # fmt: skip
    for name, number in call_numbers(machine).items():
        verdict = _ERRNO | errno.ENOSYS if name in missing else denied
        steps += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, verdict)]
    if system.open:
        steps += _unless(system.open, 1, [(_ANY_BIT, 0, 1, _WRITING)])
    steps += _unless(system.openat, 2, [(_ANY_BIT, 0, 1, _WRITING)])
    steps += _unless(system.clone, 0, [(_ANY_BIT, 1, 0, _CLONE_THREAD)])
    steps += _unless(system.tgkill, 0, [(_EQUAL, 1, 0, process)])
    steps += _unless(system.prlimit64, 0, [(_EQUAL, 1, 0, 0)])
    steps += _unless(system.ioctl, 1, [(_EQUAL, 1, 0, _TYPING_FOR_OTHERS[0]), (_EQUAL, 0, 1, _TYPING_FOR_OTHERS[1])])
    return [*steps, (_RETURN, 0, 0, _ALLOW)]


def _unless(number: int, argument: int, tests: list[Instruction]) -> list[Instruction]:
    """Refuse the call when `tests` come to their end, allow it when they skip what comes next.

    Only the low half of the argument is looked at: the kernel takes these as 32 bits.
    """
    body = [(_LOAD, 0, 0, _ARGUMENTS + 8 * argument), *tests, (_RETURN, 0, 0, _ERRNO | errno.EPERM)]
    return [(_EQUAL, 0, len(body) + 1, number), *body, (_RETURN, 0, 0, _ALLOW)]


class _Program(ctypes.Structure):
    """struct sock_fprog."""

    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_void_p))


def _install(flags: int) -> bool:
    """Put the filter on the calling thread, or on all with that flag; False where the system has no such thing."""
    machine = platform.machine()
    if sys.platform != "linux" or machine not in _SYSTEMS or sys.maxsize < 1 << 32 or sys.byteorder != "little":
        return False
    steps = program(machine, os.getpid())
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in steps))
    filled = _Program(len(steps), ctypes.addressof(code))
    number, one, none = ctypes.c_ulong(_SYSTEMS[machine].seccomp), ctypes.c_ulong(1), ctypes.c_ulong(0)
    try:
        system = ctypes.CDLL(None)
        if system.prctl(_SET_NO_NEW_PRIVS, one, none, none, none) != 0:
            return False
        mode = ctypes.c_ulong(_SET_MODE_FILTER)
        return bool(system.syscall(number, mode, ctypes.c_ulong(flags), ctypes.byref(filled)) == 0)
    except (OSError, AttributeError):
        return False
