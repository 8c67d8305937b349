//! What a process has of the machine, before and after.

use std::fs;

/// What a process has of the machine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Holds {
    /// KiB of memory that is resident.
    resident: usize,
    descriptors: usize,
    threads: usize,
    maps: usize,
}

/// By how much two of the four may be more than they were: the allocator keeps what is free in pieces, and the system joins
/// neighbouring maps or does not.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slack {
    /// KiB of memory that is resident.
    pub(crate) resident: usize,
    pub(crate) maps: usize,
}

impl Holds {
    pub(crate) fn now() -> Self {
        let status = fs::read_to_string("/proc/self/status").expect("Linux tells");
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let resident = resident.and_then(|line| line.trim().strip_suffix(" kB"));
        let entries = |folder: &str| fs::read_dir(folder).expect("Linux tells").count();
        Self {
            resident: resident.and_then(|it| it.trim().parse().ok()).expect("a number of KiB"),
            // The one that reads the folder is among them, before and after.
            descriptors: entries("/proc/self/fd"),
            threads: entries("/proc/self/task"),
            maps: fs::read_to_string("/proc/self/maps")
                .expect("Linux tells")
                .lines()
                .count(),
        }
    }

    /// Nothing must be more than it was; descriptors and threads are counted to the last one.
    pub(crate) fn check(self, before: Self, slack: Slack) {
        let both = format!("{before:?} before, {self:?} after");
        assert_eq!(
            (self.descriptors, self.threads),
            (before.descriptors, before.threads),
            "{both}"
        );
        assert!(self.maps <= before.maps + slack.maps, "{both}");
        assert!(self.resident <= before.resident + slack.resident, "{both}");
    }
}
