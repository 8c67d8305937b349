//! curl's `-F`: `NAME=CONTENT`, `NAME=@FILE[,FILE]` or `NAME=<FILE`, and behind semicolons what is said of it; and
//! `NAME=(`, behind which come the parts of a part, until `=)`.

use std::path::PathBuf;

use anyhow::{anyhow, bail};

use super::CurlArgs;
use super::body::read;
use super::given::Given;
use crate::curl::{FormContent, FormPart};
use crate::escape::escape;

/// What may be said of a part.
const KEYS: &[&str] = &["type=", "filename=", "headers=", "encoder="];

/// Adds a field; `literally`, nothing in its content is special.
pub(super) fn add(args: &mut CurlArgs, literally: bool, given: Given) -> anyhow::Result<()> {
    let flag = given.flag.clone();
    let value = given
        .value
        .into_string()
        .map_err(|_| anyhow!("the value of {flag} is not UTF-8"))?;
    let Some((name, content)) = value.split_once('=') else {
        bail!("{flag} takes name=content, not {}", escape(&value));
    };
    let part = FormPart {
        name: name.to_owned(),
        ..FormPart::default()
    };
    let part = match content.as_bytes().first() {
        _ if literally => FormPart {
            content: FormContent::Bytes(content.into()),
            ..part
        },
        Some(b'(') => {
            let (_, part) = described(&flag, &content[1..], part)?;
            if part.filename.is_some() || part.encoder.is_some() {
                bail!("{flag}: a part of parts has neither filename= nor encoder=");
            }
            args.form_open.push(FormPart {
                content: FormContent::Parts(Vec::new()),
                ..part
            });
            return Ok(());
        }
        Some(b')') if name.is_empty() && content == ")" => {
            let part = args.form_open.pop();
            part.ok_or_else(|| anyhow!("{flag} =) ends a part of parts, and none was begun: write {flag} 'name=('"))?
        }
        Some(b'@') => {
            let files: Result<Vec<FormPart>, _> = split(&content[1..], ',')
                .iter()
                .map(|words| file(&flag, words, true, FormPart::default()))
                .collect();
            let mut files = files?;
            match files.len() {
                1 => FormPart {
                    name: part.name,
                    ..files.swap_remove(0)
                },
                _ => FormPart {
                    content: FormContent::Parts(files),
                    ..part
                },
            }
        }
        Some(b'<') => file(&flag, &content[1..], false, part)?,
        _ => {
            let (content, part) = described(&flag, content, part)?;
            FormPart {
                content: FormContent::Bytes(content.into()),
                ..part
            }
        }
    };
    push(args, part);
    Ok(())
}

/// Ends the parts of parts that the caller left open, as curl has it.
pub(super) fn close(args: &mut CurlArgs) {
    while let Some(part) = args.form_open.pop() {
        push(args, part);
    }
}

/// Puts a part where it belongs: into the innermost one that is open, or into the form.
fn push(args: &mut CurlArgs, part: FormPart) {
    match args.form_open.last_mut().map(|open| &mut open.content) {
        Some(FormContent::Parts(parts)) => parts.push(part),
        _ => args.form.push(part),
    }
}

/// A file: sent as one, with its name, or as the content alone.
fn file(flag: &str, words: &str, as_file: bool, part: FormPart) -> anyhow::Result<FormPart> {
    let (path, mut part) = described(flag, words, part)?;
    if path == "-" || !as_file {
        part.content = FormContent::Bytes(read(flag, path.as_bytes())?);
        if as_file {
            part.filename.get_or_insert(path);
        }
        return Ok(part);
    }
    // Its absence is better known before anything is dialled.
    let path = PathBuf::from(path);
    drop(std::fs::File::open(&path).map_err(|error| super::given::unreadable(&format!("{flag} @"), &path, &error))?);
    part.content = FormContent::File(path);
    Ok(part)
}

/// The content, and what is said of it.
fn described(flag: &str, words: &str, mut part: FormPart) -> anyhow::Result<(String, FormPart)> {
    let mut words = split(words, ';').into_iter();
    let content = unquoted(&words.next().unwrap_or_default());
    let mut of_type = false;
    for word in words {
        let trimmed = word.trim_start();
        let key = KEYS.iter().find(|key| trimmed.starts_with(**key));
        let value = |key: &str| unquoted(trimmed[key.len()..].trim());
        of_type = match key {
            Some(&"type=") => {
                part.content_type = Some(value("type="));
                true
            }
            Some(&"filename=") => {
                part.filename = Some(value("filename="));
                false
            }
            Some(&"headers=") => {
                part.headers.push(value("headers="));
                false
            }
            Some(&"encoder=") => {
                part.encoder = Some(value("encoder="));
                false
            }
            // A type has parameters of its own.
            _ if of_type => {
                if let Some(of) = &mut part.content_type {
                    of.push(';');
                    of.push_str(&word);
                }
                true
            }
            _ => bail!(
                "{flag}: {} is neither type= nor filename=, headers= or encoder=",
                escape(trimmed)
            ),
        };
    }
    let lines = [&part.content_type, &part.encoder]
        .into_iter()
        .flatten()
        .chain(&part.headers);
    if lines.into_iter().any(|line| line.contains(['\r', '\n', '\0'])) {
        bail!("the value of {flag} holds a line break or a NUL where a header is made of it");
    }
    Ok((content, part))
}

/// Cuts at this letter, but not in quotes, which a part may begin with.
fn split(text: &str, at: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let (mut quoted, mut escaped) = (false, false);
    for letter in text.chars() {
        let begins = parts.last().is_some_and(|part| part.is_empty() || part.ends_with('='));
        if letter == at && !quoted {
            parts.push(String::new());
            continue;
        }
        if letter == '"' && !escaped && (quoted || begins) {
            quoted = !quoted;
        }
        escaped = quoted && letter == '\\' && !escaped;
        if let Some(part) = parts.last_mut() {
            part.push(letter);
        }
    }
    parts
}

/// Without the quotes around it, and the backslashes in it that they need.
fn unquoted(text: &str) -> String {
    let Some(inner) = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) else {
        return text.to_owned();
    };
    let mut plain = String::new();
    let mut letters = inner.chars();
    while let Some(letter) = letters.next() {
        match (letter, letters.clone().next()) {
            ('\\', Some(next @ ('\\' | '"'))) => {
                plain.push(next);
                letters.next();
            }
            _ => plain.push(letter),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(words: &str) -> (String, FormPart) {
        super::described("-F", words, FormPart::default()).unwrap()
    }

    #[test]
    fn what_is_said_of_a_part_stands_behind_it() {
        let (content, part) = described("a;type=text/html; charset=x;filename=\"b;c\\\"d\"");
        assert_eq!(content, "a");
        assert_eq!(part.content_type.as_deref(), Some("text/html; charset=x"));
        assert_eq!(part.filename.as_deref(), Some("b;c\"d"));
        assert_eq!(described("\"a;b\"").0, "a;b");
        assert_eq!(described("say \"a\"").0, "say \"a\"");
        assert!(super::described("-F", "a;b=c", FormPart::default()).is_err());
        assert!(super::described("-F", "a;headers=\"x\r\ny\"", FormPart::default()).is_err());
        assert_eq!(split("a,\"b,c\",d", ','), ["a", "\"b,c\"", "d"]);
    }
}
