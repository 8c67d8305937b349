//! Sequences of what libcurl asks and what a guest answers, through the real dispatch and a real guest, against a model
//! of the latch. `event` reads them, `guest` answers as told, `play` asks as libcurl would, `model` says what must hold.

mod event;
mod guest;
mod model;
mod play;
mod receive;
mod send;

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use arbitrary::Unstructured;

use self::event::Script;
use self::model::Model;
use self::play::Play;
use super::super::callbacks::done::tell_done;
use super::super::code::code;
use super::super::live::end_body;
use super::super::outcome;
use super::lock;
use crate::callback::Callback;
use crate::curl::CurlCode;

/// Plays the sequence that these bytes stand for; any bytes do.
///
/// # Errors
/// What happened otherwise than the model says.
pub fn sequence(data: &[u8]) -> Result<()> {
    let Ok(script) = event::script(&mut Unstructured::new(data)) else {
        return Ok(());
    };
    run(&script).map_err(|error| error.context(format!("{script:?}")))
}

fn run(script: &Script) -> Result<()> {
    let mut play = Play::new(script)?;
    let mut model = Model::new(script);
    for (at, (event, verdicts)) in script.events.iter().enumerate() {
        play.guest.tell(verdicts);
        model.tell(verdicts);
        let socket = play.socket_of(event);
        let answered = play.event(event);
        let expected = model.event(event, socket);
        if std::mem::take(&mut model.made) {
            model.known(play.sockets.last());
        }
        ensure!(
            answered == expected,
            "{answered:?} in place of {expected:?} at {at}, {event:?}"
        );
        compare(&play, &model).map_err(|error| error.context(format!("at {at}, {event:?}")))?;
    }
    end(script, &mut play, &mut model)
}

/// What the driver does when libcurl, or a cause, has ended the transfer.
fn end(script: &Script, play: &mut Play, model: &mut Model) -> Result<()> {
    play.guest.tell(&script.last);
    model.tell(&script.last);
    let dispatch = &play.dispatch;
    let libcurl = (!dispatch.ended()).then_some(CurlCode::OK);
    ensure!(
        libcurl.is_some() != model.has_ended(),
        "ended: {:?}, {:?}",
        libcurl,
        model.first
    );
    if libcurl.is_some() {
        play.guest.about(Callback::WriteEnd);
        let _ = end_body(dispatch);
        model.write_end();
    }
    let before = outcome::of(dispatch, libcurl, None, "", "http://h.test/", Some(&play.plugin));
    play.guest.about(Callback::Done);
    tell_done(dispatch, &before);
    model.done();
    compare(play, model)?;
    let after = outcome::of(dispatch, libcurl, None, "", "http://h.test/", Some(&play.plugin));
    let expected = match model.first {
        Some((callback, cause)) => code(callback, model.occasion, cause),
        None => CurlCode::OK,
    };
    ensure!(after.code == expected, "{} in place of {}", after.name, expected.name());
    let delivered = model.delivered.len() as u64;
    ensure!(
        after.bytes.delivered == delivered,
        "{:?} where {delivered} were delivered",
        after.bytes
    );
    // Whatever libcurl still calls while it cleans up, nobody hears of it, and its answer is the one that stops.
    for (event, verdicts) in &script.events {
        play.guest.tell(verdicts);
        let socket = play.socket_of(event);
        let answered = play.event(event);
        let expected = model.event(event, socket);
        ensure!(
            answered == expected,
            "{answered:?} in place of {expected:?} after the end, {event:?}"
        );
    }
    compare(play, model)
}

/// Cause, calls, bytes and pauses are as the model has them.
fn compare(play: &Play, model: &Model) -> Result<()> {
    let dispatch = &play.dispatch;
    let first = dispatch
        .latch
        .first()
        .map(|ended| (ended.callback, ended.failure.cause));
    ensure!(
        first == model.first,
        "the cause is {first:?} in place of {:?}",
        model.first
    );
    ensure!(
        dispatch.finished.get() == model.finished,
        "finished: {} in place of {}",
        dispatch.finished.get(),
        model.finished
    );
    let guest = dispatch.guests.tenant.guest.borrow();
    let counted = guest.iter().flat_map(|guest| guest.calls().iter());
    let counted: BTreeMap<Callback, u64> = counted.map(|(callback, stats)| (callback, stats.count)).collect();
    ensure!(
        counted == model.calls,
        "the calls are {counted:?} in place of {:?}",
        model.calls
    );
    let entered = play.guest.entered();
    ensure!(
        entered == model.calls.values().sum::<u64>(),
        "the guest was entered {entered} times"
    );
    ensure!(*lock(&play.sink.bytes) == model.delivered, "other bytes were delivered");
    let delivered = dispatch.output.delivered.get();
    ensure!(
        delivered == model.delivered.len() as u64,
        "{delivered} bytes were counted"
    );
    let received = dispatch.output.received.get();
    ensure!(
        received == model.received,
        "{received} bytes received in place of {}",
        model.received
    );
    let spent = dispatch.pause.spent();
    ensure!(spent <= dispatch.pause.budget(), "paused for {spent:?}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_guest_exports_every_callback() {
        let plugin = guest::plugin().unwrap();
        let all: std::collections::BTreeSet<Callback> = Callback::ALL.into_iter().collect();
        assert_eq!(
            plugin
                .callbacks()
                .iter()
                .copied()
                .collect::<std::collections::BTreeSet<_>>(),
            all
        );
    }
}
