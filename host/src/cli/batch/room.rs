//! How much of the input is in memory: so many jobs, and so many bytes of them.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// The room that jobs have.
#[derive(Debug)]
pub(super) struct Room {
    jobs: usize,
    bytes: u64,
    taken: Mutex<Taken>,
    freed: Condvar,
}

#[derive(Debug, Default)]
struct Taken {
    jobs: usize,
    bytes: u64,
    closed: bool,
}

/// A job's place, free again when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    room: Arc<Room>,
    bytes: u64,
}

impl Room {
    pub(super) fn new(jobs: usize, bytes: u64) -> Arc<Room> {
        Arc::new(Room {
            jobs,
            bytes,
            taken: Mutex::default(),
            freed: Condvar::new(),
        })
    }

    /// Waits for a place; `None` when the room is closed. What is larger than the room has it alone.
    pub(super) fn place(self: &Arc<Self>, bytes: u64) -> Option<Place> {
        let bytes = bytes.min(self.bytes);
        let full = |taken: &mut Taken| {
            let fits = taken.jobs < self.jobs && taken.bytes.saturating_add(bytes) <= self.bytes;
            !taken.closed && !fits
        };
        let waited = self.freed.wait_while(self.lock(), full);
        let mut taken = waited.unwrap_or_else(PoisonError::into_inner);
        if taken.closed {
            return None;
        }
        taken.jobs += 1;
        taken.bytes += bytes;
        Some(Place {
            room: Arc::clone(self),
            bytes,
        })
    }

    /// Gives no more places.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.freed.notify_all();
    }

    /// How many jobs are in it.
    pub(super) fn jobs(&self) -> usize {
        self.lock().jobs
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.room.lock();
        taken.jobs -= 1;
        taken.bytes -= self.bytes;
        drop(taken);
        self.room.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_waits_until_something_ends() {
        let room = Room::new(2, 10);
        let (first, second) = (room.place(4).unwrap(), room.place(6).unwrap());
        let waiting = std::thread::spawn({
            let room = Arc::clone(&room);
            // Larger than the room.
            move || room.place(11).map(|place| place.bytes)
        });
        drop(first);
        assert_eq!(room.jobs(), 1);
        drop(second);
        assert_eq!(waiting.join().unwrap(), Some(10));
        let _all = room.place(10).unwrap();
        let waiting = std::thread::spawn({
            let room = Arc::clone(&room);
            move || room.place(1).is_none()
        });
        room.close();
        assert!(waiting.join().unwrap());
    }
}
