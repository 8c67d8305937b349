//! The processes that load plugins, as /proc shows them.

use std::fs;

use rustix::process::Pid;

/// The processes of this role that a program has started, itself or by others.
pub(crate) fn processes(program: u32, role: &str) -> Vec<Pid> {
    let mut found = Vec::new();
    for process in children(program) {
        let line = fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
        if line.split(|byte| *byte == 0).nth(2) == Some(role.as_bytes()) {
            found.extend(Pid::from_raw(process.cast_signed()));
        }
        found.extend(processes(process, role));
    }
    found
}

fn children(of: u32) -> Vec<u32> {
    let mut children = Vec::new();
    for thread in fs::read_dir(format!("/proc/{of}/task")).into_iter().flatten().flatten() {
        let list = fs::read_to_string(thread.path().join("children")).unwrap_or_default();
        children.extend(list.split_whitespace().filter_map(|id| id.parse::<u32>().ok()));
    }
    children
}

/// Whether it has ended, even where nobody has asked for its end.
pub(crate) fn has_ended(process: Pid) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", process.as_raw_nonzero())).unwrap_or_default();
    let state = stat
        .rsplit_once(')')
        .and_then(|(_, behind)| behind.trim_start().chars().next());
    matches!(state, None | Some('Z' | 'X'))
}
