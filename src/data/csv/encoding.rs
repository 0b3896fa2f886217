//! A file's bytes as text: UTF-8, UTF-16 with or without a byte order mark, and what Windows and old Macs wrote.

use std::borrow::Cow;
use std::path::Path;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use crate::error::{Error, Result};

/// A file's text, lines ending in LF or CR LF.
pub(super) struct Text<'a> {
    pub text: Cow<'a, str>,
    /// What was recognised, where it was not plain UTF-8.
    pub taken: Vec<String>,
}

/// Decodes bytes, by the `encoding` that is named, else by their byte order mark, else by what they look like.
pub(super) fn decode<'a>(bytes: &'a [u8], path: &Path, named: Option<&str>) -> Result<Text<'a>> {
    let mut taken = Vec::new();
    let text = match named {
        Some(name) => by_name(bytes, path, name)?,
        None => {
            let (text, encoding) = recognise(bytes, path)?;
            taken.extend(encoding.map(|encoding| format!("as {encoding}")));
            text
        }
    };
    if text.contains('\0') {
        return Err(not_text(path));
    }
    if text.contains('\r') && !text.contains('\n') {
        taken.push("with lines that end in CR".into());
        return Ok(Text {
            text: text.replace('\r', "\n").into(),
            taken,
        });
    }
    Ok(Text { text, taken })
}

fn by_name<'a>(bytes: &'a [u8], path: &Path, name: &str) -> Result<Cow<'a, str>> {
    let encoding = Encoding::for_label(name.as_bytes()).ok_or_else(|| {
        Error::invalid(
            "data.encoding",
            format!("there is no encoding called {name}"),
            "use a name such as utf-8, utf-16le, windows-1252, windows-1251, iso-8859-2, shift_jis or gbk",
        )
    })?;
    let (text, _, damaged) = encoding.decode(bytes);
    if damaged {
        return Err(Error::invalid(
            path.display().to_string(),
            format!("it is not {} text", encoding.name()),
            "name another data.encoding, or save the file as UTF-8",
        ));
    }
    Ok(text)
}

/// The text, and the encoding's name where it is not UTF-8.
fn recognise<'a>(bytes: &'a [u8], path: &Path) -> Result<(Cow<'a, str>, Option<&'static str>)> {
    if bytes.starts_with(&[0xff, 0xfe, 0, 0]) || bytes.starts_with(&[0, 0, 0xfe, 0xff]) {
        return Err(Error::invalid(
            path.display().to_string(),
            "it is UTF-32 text",
            "save it as UTF-8",
        ));
    }
    let encoding = match Encoding::for_bom(bytes) {
        Some((encoding, _)) => Some(encoding),
        None => without_mark(bytes),
    };
    if let Some(encoding) = encoding.filter(|&encoding| encoding != UTF_8) {
        let (text, _, damaged) = encoding.decode(bytes);
        let name = if encoding == UTF_16LE {
            "UTF-16 (little-endian)"
        } else {
            "UTF-16 (big-endian)"
        };
        return match damaged {
            false => Ok((text, Some(name))),
            true => Err(Error::invalid(
                path.display().to_string(),
                format!("it looks like {name} text, but is damaged"),
                "save it as UTF-8",
            )),
        };
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let Err(error) = std::str::from_utf8(bytes) else {
        return Ok((String::from_utf8_lossy(bytes), None));
    };
    let control = |byte: &&u8| **byte < 0x20 && !b"\t\n\r\x0c".contains(byte);
    if bytes.iter().take(4096).any(|byte| control(&byte)) {
        return Err(not_text(path));
    }
    let (letters, damaged) = multibyte(bytes);
    let (text, _) = WINDOWS_1252.decode_without_bom_handling(bytes);
    // Windows-1252 leaves five bytes undefined, which decode to control characters.
    let undefined = text.chars().any(|c| ('\u{80}'..'\u{a0}').contains(&c));
    if letters > damaged || undefined {
        let before = &bytes[..error.valid_up_to()];
        let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
        return Err(Error::invalid(
            format!("{}:{line}", path.display()),
            "the line is not UTF-8 text",
            "save the file as UTF-8, or name what it is, such as data.encoding = \"windows-1251\"",
        ));
    }
    Ok((
        text,
        Some("Windows-1252 text (Latin-1; it is not UTF-8, and data.encoding names another)"),
    ))
}

/// UTF-16 without a mark: of mostly Western text every other byte is 0.
fn without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let start = &bytes[..bytes.len().min(4096) & !1];
    let zeros = |offset: usize| {
        let half = start.iter().skip(offset).step_by(2);
        half.filter(|&&byte| byte == 0).count()
    };
    let (even, odd, half) = (zeros(0), zeros(1), start.len() / 2);
    match (even, odd) {
        (0, odd) if odd > half / 2 => Some(UTF_16LE),
        (even, 0) if even > half / 2 => Some(UTF_16BE),
        _ => None,
    }
}

/// How many letters beyond ASCII are sound UTF-8, and how many places are not UTF-8.
fn multibyte(bytes: &[u8]) -> (usize, usize) {
    bytes
        .utf8_chunks()
        .fold((0, 0), |(letters, damaged), chunk| {
            let sound = chunk.valid().chars().filter(|c| !c.is_ascii()).count();
            let broken = usize::from(!chunk.invalid().is_empty());
            (letters + sound, damaged + broken)
        })
}

fn not_text(path: &Path) -> Error {
    Error::invalid(
        path.display().to_string(),
        "this is neither text nor NumPy's .npz or .npy",
        "save the table as CSV, or as .npz with numpy.savez",
    )
}
