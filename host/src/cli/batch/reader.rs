//! Reads jobs on a thread of its own, no further than there is room for.

use std::io::{self, BufRead, Read as _};
use std::sync::Arc;

use super::job::{Fault, Job, Output};
use super::resume::Done;
use super::room::Room;
use super::{Event, Events};

/// What reads the input.
pub(super) struct Reader<R> {
    pub(super) input: R,
    /// The longest line.
    pub(super) longest: u64,
    /// What the body in an outcome may take.
    pub(super) inline: u64,
    pub(super) done: Done,
    pub(super) room: Arc<Room>,
    pub(super) events: Events,
    /// Whether the input has an end of its own, so that what is left of it can be counted.
    pub(super) ends: bool,
}

/// How the input ended.
#[derive(Debug)]
pub(super) struct End {
    /// Jobs that found no room, since it was closed.
    pub(super) left: u64,
    /// What is done already.
    pub(super) skipped: u64,
    pub(super) error: Option<io::Error>,
}

/// What a line was.
#[derive(Debug, PartialEq, Eq)]
enum Line {
    Whole,
    TooLong,
    None,
}

impl<R: BufRead> Reader<R> {
    /// Hands on each line, until the input or the room ends.
    pub(super) fn run(mut self) {
        let mut end = End {
            left: 0,
            skipped: 0,
            error: None,
        };
        end.error = self.lines(&mut end).err();
        // Nobody listens where the batch has ended.
        let _ = self.events.send(Event::End(end));
    }

    fn lines(&mut self, end: &mut End) -> io::Result<()> {
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            let read = match next(&mut self.input, &mut line, self.longest)? {
                Line::None => return Ok(()),
                Line::Whole if line.trim_ascii().is_empty() => continue,
                Line::Whole => Job::read(number, &line),
                Line::TooLong => {
                    let what = format!("it has more than {} bytes (batch.line)", self.longest);
                    Err(Fault::new(number, &what))
                }
            };
            if let Ok(job) = &read
                && self.done.has(&job.tenant, &job.id)
            {
                end.skipped += 1;
                continue;
            }
            let kept = match &read {
                Ok(job) if job.output == Output::Inline => self.inline,
                _ => 0,
            };
            let of_line = match &read {
                Ok(job) => job.kept(),
                Err(fault) => fault.kept(),
            };
            let Some(place) = self.room.place(kept.saturating_add(of_line)) else {
                end.left += 1;
                match self.ends {
                    true => continue,
                    // The next line may never come.
                    false => return Ok(()),
                }
            };
            let event = match read {
                Ok(job) => Event::Job(Box::new(Job {
                    place: Some(place),
                    ..job
                })),
                Err(mut fault) => {
                    fault._place = Some(place);
                    Event::Fault(fault)
                }
            };
            if self.events.send(event).is_err() {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// Reads a line without its end. One that is longer is read to its end and not kept.
fn next(input: &mut impl BufRead, line: &mut Vec<u8>, longest: u64) -> io::Result<Line> {
    input.by_ref().take(longest.saturating_add(1)).read_until(b'\n', line)?;
    match line.pop() {
        None => Ok(Line::None),
        Some(b'\n') => Ok(Line::Whole),
        Some(_) if line.len() as u64 >= longest => {
            line.clear();
            line.shrink_to(1 << 16);
            skip(input)?;
            Ok(Line::TooLong)
        }
        Some(last) => {
            line.push(last);
            Ok(Line::Whole)
        }
    }
}

fn skip(input: &mut impl BufRead) -> io::Result<()> {
    loop {
        let read = match input.fill_buf() {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let (length, end) = match read.iter().position(|byte| *byte == b'\n') {
            Some(at) => (at + 1, true),
            None => (read.len(), read.is_empty()),
        };
        input.consume(length);
        if end {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_is_passed_over() {
        let mut input: &[u8] = b"1234\n12345\n\n123456789\n1";
        let mut line = Vec::new();
        let mut read = || {
            line.clear();
            let what = next(&mut input, &mut line, 4).unwrap();
            (what, String::from_utf8(line.clone()).unwrap())
        };
        assert_eq!(read(), (Line::Whole, "1234".to_owned()));
        assert_eq!(read(), (Line::TooLong, String::new()));
        assert_eq!(read(), (Line::Whole, String::new()));
        assert_eq!(read(), (Line::TooLong, String::new()));
        assert_eq!(read(), (Line::Whole, "1".to_owned()));
        assert_eq!(read(), (Line::None, String::new()));
    }
}
