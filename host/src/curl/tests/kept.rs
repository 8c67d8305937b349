//! What outlives a call: forms that the handle keeps, and lists that libcurl gives.

use std::rc::Rc;

use super::Fake;
use crate::curl::{Easy, FormContent, FormPart, SlistOption, TextOption};

fn part(content: FormContent) -> FormPart {
    FormPart {
        name: "a".to_owned(),
        content,
        content_type: Some("text/x".to_owned()),
        headers: vec!["X-A: b".to_owned(), "X-C: d".to_owned()],
        ..FormPart::default()
    }
}

#[test]
fn a_form_is_freed_once() {
    let fake = Rc::new(Fake::default());
    let mut easy = Easy::new(Rc::clone(&fake)).unwrap();
    let inner = vec![
        part(FormContent::Bytes(b"x\0y".to_vec())),
        part(FormContent::File("/dev/null".into())),
    ];
    let nested = [part(FormContent::Parts(inner)), part(FormContent::default())];
    easy.set_form(&nested).unwrap();
    // In the place of the one before.
    easy.set_form(&nested[1..]).unwrap();
    // What cannot be a form leaves the one that is there.
    let broken = FormPart {
        headers: vec!["X-A: b".to_owned(), "X-\0: d".to_owned()],
        ..part(FormContent::default())
    };
    assert!(easy.set_form(&[part(FormContent::Parts(vec![broken]))]).is_err());
    drop(easy);
}

#[test]
fn cookies_are_given_as_they_were_taken() {
    let easy = {
        let mut easy = Easy::new(Rc::new(Fake::default())).unwrap();
        easy.set_text(TextOption::COOKIEFILE, "").unwrap();
        easy
    };
    let lines = [
        "a.test\tFALSE\t/\tFALSE\t0\tc\t1",
        "#HttpOnly_.b.test\tTRUE\t/p\tTRUE\t0\td\t2",
    ];
    for line in lines {
        easy.set_cookie(line).unwrap();
    }
    let mut kept = easy.info().cookies();
    kept.sort_unstable();
    let mut expected = lines.map(str::to_owned).to_vec();
    expected.sort_unstable();
    assert_eq!(kept, expected);
    easy.set_cookie("ALL").unwrap();
    assert_eq!(easy.info().cookies(), [""; 0]);
    assert!(easy.set_cookie("a\0b").is_err());
    // What there was in the end is told after it, and is nobody's but ours.
    easy.set_cookie(lines[0]).unwrap();
    let info = easy.info().clone();
    let detached = easy.into_detached();
    let told = detached.info();
    drop(detached);
    assert_eq!(
        (told.cookies.as_slice(), told.certificates.len()),
        (&[lines[0].to_owned()][..], 0)
    );
    assert_eq!((info.cookies(), info.condition_unmet()), (told.cookies.clone(), false));
}

#[test]
fn a_list_is_freed_once() {
    let mut easy = Easy::new(Rc::new(Fake::default())).unwrap();
    let lines = |lines: [&str; 3]| lines.map(str::to_owned);
    easy.set_slist(SlistOption::HTTPHEADER, &lines(["X-A: b", "X-C: d", "X-E: f"]))
        .unwrap();
    // What cannot be a line leaves nothing of those before it.
    for (at, option) in [SlistOption::HTTPHEADER, SlistOption::RESOLVE, SlistOption::CONNECT_TO]
        .into_iter()
        .enumerate()
    {
        let mut broken = lines(["a", "b", "c"]);
        broken[at].push('\0');
        assert!(easy.set_slist(option, &broken).is_err());
    }
    easy.set_slist(SlistOption::HTTPHEADER, &[]).unwrap();
}
