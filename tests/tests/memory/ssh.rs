//! sftp and scp, where this libcurl has them.

use std::fs;

use transferhost::{Body, Callback, Source, Ssh, TransferSpec};
use transferhost_tests::sshd::Sshd;

use super::{BODY, body, every, fails_in, get, run};

#[test]
fn over_ssh() {
    let Some(sshd) = Sshd::start().unwrap() else { return };
    fs::write(sshd.file("file"), body()).unwrap();
    let hosts = sshd.file("known");
    fs::write(&hosts, sshd.known_line(sshd.key())).unwrap();
    let [_, private_key, _, public_key] = sshd.login();
    let ssh = Ssh {
        known_hosts: Some(hosts.clone()),
        private_key: Some(private_key.into()),
        public_key: Some(public_key.into()),
        ..Ssh::default()
    };
    for scheme in ["sftp", "scp"] {
        let spec = |name: &str| TransferSpec {
            ssh: ssh.clone(),
            ..get(sshd.url(scheme, name))
        };
        let put = || TransferSpec {
            body: Body::Upload(Source::bytes(body())),
            upload_size: Some(BODY as u64),
            ..spec("new")
        };
        for stub in [every(&[]), every(&Callback::ALL)] {
            let over = run(TransferSpec { stub, ..spec("file") });
            assert_eq!(over.expect(0).body, body());
        }
        run(put()).expect(0);
        assert_eq!(fs::read(sshd.file("new")).unwrap(), body());
        let missing = run(spec("missing")).end();
        assert!(matches!(missing, (78 | 79, None)), "{missing:?}");
        let other = sshd.other_key("ed25519").unwrap();
        let strange = TransferSpec {
            ssh: Ssh {
                host_public_sha256: Some(other.sha256().unwrap()),
                ..ssh.clone()
            },
            ..spec("file")
        };
        run(strange).expect(60);
        fails_in(&[Callback::SshKey, Callback::Write, Callback::Closesocket], || {
            spec("file")
        });
        fails_in(&[Callback::Read], put);
    }
}
