//! The filter of system calls: two programs, since they answer differently.
//!
//! What is not listed does not exist: ENOSYS, as on a kernel that does not have it. A libc that is newer than the list then
//! falls back to what it did before, where at EPERM it would give up, and a process that was killed would take every other
//! transfer with it. What is listed but asked for too much is refused: EPERM.

use std::collections::BTreeMap;
use std::ffi::{c_int, c_long};

use libc::{AF_INET, AF_INET6, AF_NETLINK, AF_UNIX, MAP_ANONYMOUS, PROT_EXEC, PROT_WRITE, SOCK_RAW};
use seccompiler::{
    BackendError, BpfProgram, Error, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, apply_filter_all_threads,
};

use super::syscalls::{LISTENING, LISTS};

pub(super) type Rules = BTreeMap<i64, Vec<SeccompRule>>;
type Condition = Result<SeccompCondition, BackendError>;

/// What glibc and musl ask `clone` for to make a thread: all is shared, nothing is new. CLONE_DETACHED, which musl adds,
/// has meant nothing since Linux 2.6.
const THREAD: c_int = libc::CLONE_VM
    | libc::CLONE_FS
    | libc::CLONE_FILES
    | libc::CLONE_SIGHAND
    | libc::CLONE_THREAD
    | libc::CLONE_SYSVSEM
    | libc::CLONE_SETTLS
    | libc::CLONE_PARENT_SETTID
    | libc::CLONE_CHILD_CLEARTID;

/// linux/socket.h: the size of `sockaddr_nl`, and of no address that IP takes.
const NETLINK_ADDRESS: c_int = 12;

/// linux/net.h: the bits of `socket`'s second argument that are the type.
const SOCK_TYPE_MASK: c_int = 0xf;

/// asm-generic/ioctls.h, linux/sockios.h: whether it is a terminal and how wide, how much there is to read and to send,
/// not to wait, and an interface's number and name. Not TIOCSTI, which types into the terminal that started the process.
const IOCTLS: [u32; 9] = [
    0x5401,
    0x802c_542a,
    0x5413,
    0x541b,
    0x5411,
    0x5421,
    0x5451,
    0x8910,
    0x8933,
];

/// linux/fs.h: PAGEMAP_SCAN, by which wasmtime finds what a guest has written.
const PAGEMAP_SCAN: u32 = 0xc060_6610;

/// linux/prctl.h: names of threads, and of memory (PR_SET_VMA); and what installing a filter asks for first.
const PRCTLS: [c_int; 4] = [
    libc::PR_SET_NAME,
    libc::PR_GET_NAME,
    0x5356_4d41,
    libc::PR_SET_NO_NEW_PRIVS,
];

/// Filters all threads of the process, for ever.
pub(super) fn install(listens: bool) -> Result<(), Error> {
    let too_much = program(
        too_much(listens)?,
        SeccompAction::Allow,
        SeccompAction::Errno(libc::EPERM as u32),
    )?;
    let listed = program(
        listed(listens),
        SeccompAction::Errno(libc::ENOSYS as u32),
        SeccompAction::Allow,
    )?;
    // The list comes last: it has not what installing takes.
    apply_filter_all_threads(&too_much)?;
    apply_filter_all_threads(&listed)
}

pub(super) fn program(
    rules: Rules,
    otherwise: SeccompAction,
    matched: SeccompAction,
) -> Result<BpfProgram, BackendError> {
    let arch = std::env::consts::ARCH.try_into()?;
    SeccompFilter::new(rules, otherwise, matched, arch)?.try_into()
}

fn listed(listens: bool) -> Rules {
    let listening = if listens { LISTENING } else { &[] };
    let all = LISTS.into_iter().flatten().chain(listening);
    all.map(|call| (*call, Vec::new())).collect()
}

/// What is refused of the calls that are listed: where all conditions of one of its rules hold.
fn too_much(listens: bool) -> Result<Rules, BackendError> {
    let ioctls = IOCTLS.into_iter().chain([PAGEMAP_SCAN]);
    let mut rules = vec![
        // Of IP only TCP and UDP: no raw sockets, and no MPTCP or SCTP, which Landlock's rules for TCP do not see.
        on(
            libc::SYS_socket,
            [none_of(0, &[AF_UNIX, AF_INET, AF_INET6, AF_NETLINK])],
        )?,
        on(
            libc::SYS_socket,
            [vec![is_not(0, AF_NETLINK), masked(1, SOCK_TYPE_MASK, SOCK_RAW)]],
        )?,
        on(
            libc::SYS_socket,
            [
                none_of(0, &[AF_UNIX, AF_NETLINK]),
                none_of(2, &[0, libc::IPPROTO_TCP, libc::IPPROTO_UDP]),
            ],
        )?,
        on(
            libc::SYS_socket,
            [vec![is(0, AF_NETLINK), is_not(2, libc::NETLINK_ROUTE)]],
        )?,
        on(libc::SYS_socketpair, [none_of(0, &[AF_UNIX])])?,
        // A connection that is made by sending is one that Landlock does not see.
        on(libc::SYS_sendto, [vec![has(3, libc::MSG_FASTOPEN)]])?,
        on(libc::SYS_sendmsg, [vec![has(2, libc::MSG_FASTOPEN)]])?,
        on(libc::SYS_sendmmsg, [vec![has(3, libc::MSG_FASTOPEN)]])?,
        // Code comes out of files, as ld.so maps it, and is not changed; guests were compiled before.
        on(libc::SYS_mmap, [vec![has(2, PROT_EXEC), has(3, MAP_ANONYMOUS)]])?,
        on(libc::SYS_mmap, [vec![has(2, PROT_EXEC | PROT_WRITE)]])?,
        on(libc::SYS_mprotect, [vec![has(2, PROT_EXEC)]])?,
        on(libc::SYS_clone, [none_of(0, &[THREAD, THREAD | libc::CLONE_DETACHED])])?,
        on(
            libc::SYS_ioctl,
            [ioctls
                .map(|request| compare(1, SeccompCmpOp::Ne, request.into()))
                .collect()],
        )?,
        on(libc::SYS_prctl, [none_of(0, &PRCTLS)])?,
        on(
            libc::SYS_tgkill,
            [vec![compare(0, SeccompCmpOp::Ne, std::process::id().into())]],
        )?,
        // Limits are read, not set.
        on(
            libc::SYS_prlimit64,
            [vec![SeccompCondition::new(
                2,
                SeccompCmpArgLen::Qword,
                SeccompCmpOp::Ne,
                0,
            )]],
        )?,
    ];
    if !listens {
        rules.push(on(libc::SYS_bind, [none_of(2, &[NETLINK_ADDRESS])])?);
    }
    let mut by_call = Rules::new();
    for (call, rule) in rules {
        by_call.entry(call).or_default().push(rule);
    }
    Ok(by_call)
}

/// One rule: all of these conditions.
pub(super) fn on<const N: usize>(
    call: c_long,
    conditions: [Vec<Condition>; N],
) -> Result<(i64, SeccompRule), BackendError> {
    let conditions: Result<Vec<_>, _> = conditions.into_iter().flatten().collect();
    Ok((call, SeccompRule::new(conditions?)?))
}

/// The kernel looks at 32 bits of these arguments, whatever stands in the others.
fn compare(argument: u8, operator: SeccompCmpOp, value: u64) -> Condition {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, operator, value)
}

pub(super) fn is(argument: u8, value: c_int) -> Condition {
    compare(argument, SeccompCmpOp::Eq, value as u64)
}

fn is_not(argument: u8, value: c_int) -> Condition {
    compare(argument, SeccompCmpOp::Ne, value as u64)
}

fn none_of(argument: u8, values: &[c_int]) -> Vec<Condition> {
    values.iter().map(|value| is_not(argument, *value)).collect()
}

fn masked(argument: u8, mask: c_int, value: c_int) -> Condition {
    compare(argument, SeccompCmpOp::MaskedEq(mask as u64), value as u64)
}

pub(super) fn has(argument: u8, bits: c_int) -> Condition {
    masked(argument, bits, bits)
}
