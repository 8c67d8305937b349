//! A name server of the test's own, which may change its answer.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::thread;

use simple_dns::rdata::{A, AAAA, RData};
use simple_dns::{CLASS, Packet, QTYPE, ResourceRecord, TYPE};

/// What a name leads to: the answers, one a question, the last one from then on. An empty one says that there is none.
pub(crate) type Zone = &'static [(&'static str, &'static [&'static [&'static str]])];

/// Answers on this address, from now on.
pub(crate) fn serve(at: SocketAddr, zone: Zone) {
    let socket = UdpSocket::bind(at).unwrap_or_else(|error| panic!("{at}: {error}"));
    thread::spawn(move || {
        // The two families are asked for apart.
        let mut asked: HashMap<(String, bool), usize> = HashMap::new();
        let mut buffer = [0; 1500];
        while let Ok((length, client)) = socket.recv_from(&mut buffer) {
            let Ok(query) = Packet::parse(&buffer[..length]) else {
                continue;
            };
            let Some(question) = query.questions.first().cloned() else {
                continue;
            };
            let name = question.qname.to_string().to_ascii_lowercase();
            let v6 = question.qtype == QTYPE::TYPE(TYPE::AAAA);
            let Some((_, answers)) = zone.iter().find(|(known, _)| *known == name) else {
                // What is not known is not answered at all.
                continue;
            };
            let nth = asked.entry((name, v6)).or_default();
            let answer = answers[(*nth).min(answers.len() - 1)];
            *nth += 1;
            let mut reply = query.into_reply();
            for text in answer {
                let data = match text.parse().expect("an address") {
                    IpAddr::V4(ip) if !v6 => RData::A(A { address: ip.into() }),
                    IpAddr::V6(ip) if v6 => RData::AAAA(AAAA { address: ip.into() }),
                    _ => continue,
                };
                // No cache on the way may hold it.
                let record = ResourceRecord::new(question.qname.clone(), CLASS::IN, 0, data);
                reply.answers.push(record);
            }
            if let Ok(bytes) = reply.build_bytes_vec() {
                let _ = socket.send_to(&bytes, client);
            }
        }
    });
}
