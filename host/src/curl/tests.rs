//! The C boundary with a trait that knows no WebAssembly: aborts, panics, drops in the middle, pauses. The same tests run
//! under valgrind (`scripts/test`), which sees what a wrong lifetime does.

use std::cell::{Cell, RefCell};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::os::fd::{BorrowedFd, OwnedFd, RawFd};
use std::rc::Rc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use enumset::EnumSet;
use rustix::net::{AddressFamily, SocketFlags, SocketType as Kind, socket_with};

mod dropped;
mod kept;
mod owned;
mod pointers;
mod rewind;

use super::*;
use crate::callback::Callback;

const BODY: usize = 40_000;
/// What a transfer may take, under valgrind too.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a callback of the fake does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Does {
    #[default]
    Fine,
    Abort,
    Panic,
    /// Pauses the first time; another callback lets it go on.
    Pause,
}

#[derive(Default)]
struct Fake {
    in_callback: Option<Callback>,
    does: Does,
    called: RefCell<Vec<Callback>>,
    panicked: Cell<Option<Callback>>,
    received: Cell<usize>,
    to_send: Cell<usize>,
    paused: Cell<bool>,
    open: Cell<i32>,
    /// The handle, while it is driven, for what a callback may call.
    easy: Cell<Option<*const Easy<Fake>>>,
}

impl Fake {
    fn new(in_callback: Callback, does: Does) -> Fake {
        Fake {
            in_callback: Some(in_callback),
            does,
            ..Fake::default()
        }
    }

    fn enter(&self, callback: Callback) -> Does {
        self.called.borrow_mut().push(callback);
        if self.in_callback != Some(callback) {
            return Does::Fine;
        }
        match self.does {
            Does::Panic => panic!("in {callback}"),
            Does::Pause if self.paused.replace(true) => Does::Fine,
            does => does,
        }
    }

    fn was_called(&self, callback: Callback) -> bool {
        self.called.borrow().contains(&callback)
    }

    fn flow(&self, callback: Callback) -> Flow {
        match self.enter(callback) {
            Does::Abort => Flow::Abort,
            Does::Pause => Flow::Pause,
            _ => Flow::Taken,
        }
    }
}

impl OnWrite for Fake {
    fn write(&self, chunk: &[u8]) -> Flow {
        let flow = self.flow(Callback::Write);
        if flow == Flow::Taken {
            self.received.set(self.received.get() + chunk.len());
        }
        flow
    }
}

impl OnHeader for Fake {
    fn header(&self, _: &[u8]) -> Flow {
        self.flow(Callback::Header)
    }
}

impl OnRead for Fake {
    fn read(&self, buffer: &mut [u8]) -> Read {
        match self.enter(Callback::Read) {
            Does::Abort => return Read::Abort,
            Does::Pause => return Read::Pause,
            _ => {}
        }
        let count = buffer.len().min(self.to_send.get());
        buffer.iter_mut().take(count).for_each(|byte| *byte = b'x');
        self.to_send.set(self.to_send.get() - count);
        Read::Bytes(count)
    }
}

impl OnSeek for Fake {
    fn seek(&self, offset: u64) -> Seek {
        if self.enter(Callback::Seek) == Does::Abort {
            return Seek::Fail;
        }
        self.to_send.set(BODY - offset as usize);
        Seek::Ok
    }
}

impl OnIoctl for Fake {
    fn ioctl(&self, command: IoctlCommand) -> Ioctl {
        if self.enter(Callback::Ioctl) == Does::Abort || command != IoctlCommand::RestartRead {
            return Ioctl::FailRestart;
        }
        self.to_send.set(BODY);
        Ioctl::Ok
    }
}

impl OnDebug for Fake {
    fn debug(&self, _: InfoType, _: &[u8]) {
        self.enter(Callback::Debug);
    }
}

impl OnXferinfo for Fake {
    fn xferinfo(&self, _: u64, _: u64, _: u64, _: u64) -> Continue {
        if self.paused.get()
            && let Some(easy) = self.easy.get()
        {
            // SAFETY: `drive` sets the pointer of the handle that it drives, and takes it away before it gives that up.
            unsafe { &*easy }.unpause();
        }
        match self.enter(Callback::Xferinfo) {
            Does::Abort => Continue::Abort,
            _ => Continue::Yes,
        }
    }
}

impl OnOpensocket for Fake {
    fn opensocket(&self, target: &SocketTarget) -> Open {
        if self.enter(Callback::Opensocket) == Does::Abort {
            return Open::Refuse;
        }
        assert_eq!(target.socktype, SocketType::Stream);
        let socket = socket_with(AddressFamily::INET, Kind::STREAM, SocketFlags::CLOEXEC, None).unwrap();
        self.open.set(self.open.get() + 1);
        Open::Socket { socket, instead: None }
    }
}

impl OnPrereq for Fake {
    fn prereq(&self) -> Continue {
        Continue::Yes
    }
}

impl OnResolverStart for Fake {
    fn resolver_start(&self) -> Continue {
        Continue::Yes
    }
}

impl OnSockopt for Fake {
    fn sockopt(&self, _: BorrowedFd<'_>, _: bool) -> Sockopt {
        match self.enter(Callback::Sockopt) {
            Does::Abort => Sockopt::Error,
            _ => Sockopt::Ok,
        }
    }
}

impl OnClosesocket for Fake {
    fn closesocket(&self, _: OwnedFd) {
        self.open.set(self.open.get() - 1);
        self.enter(Callback::Closesocket);
    }
}

impl OnSocket for Fake {
    fn socket(&self, _: RawFd, _: Poll) {
        self.enter(Callback::Socket);
    }
}

impl OnSshKey for Fake {
    fn ssh_key(&self, _: Option<SshKey>, _: SshKey, _: KeyMatch) -> KeyVerdict {
        KeyVerdict::Reject
    }
}

impl Callbacks for Fake {
    fn panicked(&self, callback: Callback, words: &str) {
        assert_eq!(words, format!("in {callback}"));
        self.panicked.set(Some(callback));
        // A report that panics itself must not cross into C either.
        panic!("in the report");
    }
}

/// Answers one request with a body, or says nothing at all until the client goes away.
fn serve(answers: bool) -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut seen = Vec::new();
        let mut buffer = [0; 4096];
        let end: &[u8] = if answers { b"\r\n\r\n" } else { b"never" };
        while !seen.windows(end.len()).any(|part| part == end) {
            match stream.read(&mut buffer) {
                Ok(0) | Err(_) => return,
                Ok(count) => seen.extend_from_slice(&buffer[..count]),
            }
        }
        let upload = seen.starts_with(b"PUT");
        while upload && !seen.ends_with(b"0\r\n\r\n") {
            match stream.read(&mut buffer) {
                Ok(0) | Err(_) => return,
                Ok(count) => seen.extend_from_slice(&buffer[..count]),
            }
        }
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {BODY}\r\nConnection: close\r\n\r\n");
        // The client may have gone away on purpose.
        let _ = stream
            .write_all(head.as_bytes())
            .and_then(|()| stream.write_all(&[b'y'; BODY]));
    });
    (address, server)
}

fn prepared(fake: &Rc<Fake>, address: SocketAddr, upload: bool) -> Easy<Fake> {
    let mut easy = Easy::new(Rc::clone(fake)).unwrap();
    easy.set_text(TextOption::URL, format!("http://{address}/")).unwrap();
    easy.set_text(TextOption::PROXY, "").unwrap();
    if upload {
        fake.to_send.set(BODY);
        easy.set_long(LongOption::UPLOAD, 1).unwrap();
        easy.set_slist(SlistOption::HTTPHEADER, &["Expect:".to_owned()])
            .unwrap();
    }
    let mut hooks = EnumSet::all() - Hook::SshKey;
    if !upload {
        hooks -= Hook::Read | Hook::Seek | Hook::Ioctl;
    }
    easy.hook(hooks).unwrap();
    easy
}

/// Drives until libcurl has ended the transfer, or `enough` says so.
fn drive(fake: &Rc<Fake>, easy: Easy<Fake>, enough: impl Fn(&Fake) -> bool) -> Option<CurlCode> {
    let poller = Rc::new(Poller::new().unwrap());
    let mut multi = Multi::new(Rc::clone(&poller), 0).unwrap();
    multi.listen(fake);
    let token = multi.add(easy).unwrap();
    fake.easy.set(multi.get(token).map(std::ptr::from_ref));
    let deadline = Instant::now() + PATIENCE;
    let code = loop {
        multi.watched().unwrap();
        if let Some(finished) = multi.finished() {
            assert_eq!(finished.token, token);
            break Some(finished.code);
        }
        if enough(fake) {
            break None;
        }
        assert!(Instant::now() < deadline, "it does not end: {:?}", fake.called.borrow());
        let beat = Duration::from_millis(20);
        let left = multi
            .due()
            .map_or(beat, |at| at.saturating_duration_since(Instant::now()));
        for ready in poller.wait(Some(left.min(beat))).unwrap() {
            multi.socket_ready(ready).unwrap();
        }
        multi.tick().unwrap();
        if fake.paused.get() {
            // A paused transfer reports its progress, which is where the fake lets it go on.
            multi.run_all().unwrap();
        }
    };
    fake.easy.set(None);
    // The multi handle goes with the transfer still in it.
    drop(multi);
    code
}

fn transfer(fake: Fake, upload: bool) -> (Rc<Fake>, Option<CurlCode>) {
    let (address, server) = serve(true);
    let fake = Rc::new(fake);
    let code = drive(&fake, prepared(&fake, address, upload), |_| false);
    assert_eq!(fake.open.get(), 0, "each socket that was opened was closed");
    // Where nothing was dialled, the server still waits.
    drop(std::net::TcpStream::connect(address));
    server.join().unwrap();
    (fake, code)
}

const TRIED: [(Callback, CurlCode); 5] = [
    (Callback::Opensocket, CurlCode::COULDNT_CONNECT),
    (Callback::Sockopt, CurlCode::ABORTED_BY_CALLBACK),
    (Callback::Xferinfo, CurlCode::ABORTED_BY_CALLBACK),
    (Callback::Header, CurlCode::WRITE_ERROR),
    (Callback::Write, CurlCode::WRITE_ERROR),
];

#[test]
fn all_are_called() {
    let (fake, code) = transfer(Fake::default(), true);
    assert_eq!(code, Some(CurlCode::OK));
    assert_eq!((fake.received.get(), fake.to_send.get()), (BODY, 0));
    for (callback, _) in TRIED {
        assert!(fake.was_called(callback), "{callback}");
    }
    for callback in [Callback::Read, Callback::Debug, Callback::Socket, Callback::Closesocket] {
        assert!(fake.was_called(callback), "{callback}");
    }
}

#[test]
fn aborts_end_in_each_callbacks_code() {
    for (callback, expected) in TRIED {
        let (_, code) = transfer(Fake::new(callback, Does::Abort), false);
        assert_eq!(code, Some(expected), "{callback}");
    }
    let (_, code) = transfer(Fake::new(Callback::Read, Does::Abort), true);
    assert_eq!(code, Some(CurlCode::ABORTED_BY_CALLBACK));
}

#[test]
fn panics_stay_inside() {
    for (callback, expected) in TRIED {
        let (fake, code) = transfer(Fake::new(callback, Does::Panic), false);
        assert_eq!(
            (code, fake.panicked.get()),
            (Some(expected), Some(callback)),
            "{callback}"
        );
    }
    // libcurl ignores what these answer.
    for callback in [Callback::Debug, Callback::Socket, Callback::Closesocket] {
        let (fake, code) = transfer(Fake::new(callback, Does::Panic), false);
        assert_eq!(
            (code, fake.panicked.get()),
            (Some(CurlCode::OK), Some(callback)),
            "{callback}"
        );
    }
    let (fake, code) = transfer(Fake::new(Callback::Read, Does::Panic), true);
    assert_eq!(
        (code, fake.panicked.get()),
        (Some(CurlCode::ABORTED_BY_CALLBACK), Some(Callback::Read))
    );
}

#[test]
fn a_pause_is_ended_from_within_a_callback() {
    for (callback, upload) in [
        (Callback::Write, false),
        (Callback::Header, false),
        (Callback::Read, true),
    ] {
        let (fake, code) = transfer(Fake::new(callback, Does::Pause), upload);
        assert!(fake.paused.get(), "{callback}");
        assert_eq!(code, Some(CurlCode::OK), "{callback}");
        assert_eq!((fake.received.get(), fake.to_send.get()), (BODY, 0), "{callback}");
    }
}
