//! A stored delivery as a command line that sends it again.

use std::fmt::Write;

use herdgate_actors::{
    domain::{Encoding, Hash, Scheme, Source},
    store::StoredReceipt,
};

/// Longer bodies go by a file.
const INLINE: usize = 8 << 10;

/// The command. It asks the shell for the secret, which is nowhere on this page.
pub(super) fn command(receipt: &StoredReceipt, source: Option<&std::sync::Arc<Source>>) -> String {
    let delivery = &receipt.delivery;
    let mut command = String::new();
    let body = std::str::from_utf8(delivery.body()).ok().filter(|body| body.len() <= INLINE);
    // Writing to a `String` cannot fail.
    let read = if let Some(body) = body {
        let _ = writeln!(command, "BODY={}", quoted(body));
        "printf %s \"$BODY\""
    } else {
        let _ = writeln!(command, "# save the body as {}.json first", receipt.id);
        let _ = writeln!(command, "BODY=@{}.json", receipt.id);
        "cat \"${BODY#@}\""
    };
    let path = delivery.sources().first().map_or_else(String::new, |source| format!("/{source}"));
    let _ = write!(command, "curl \"$GATE/webhooks/{}{path}\"", delivery.provider());
    for (name, value) in delivery.headers().iter() {
        let _ = write!(command, " \\\n  -H {}", quoted(&format!("{name}: {value}")));
    }
    if let Some((header, value)) = source.and_then(|source| signature(source, read)) {
        let _ = write!(command, " \\\n  -H \"{header}: {value}\"");
    }
    let _ = write!(command, " \\\n  --data-binary \"$BODY\"");
    command
}

/// The header that signs it, where a shell can.
fn signature(source: &Source, read: &str) -> Option<(String, String)> {
    let signature = source.signatures.first().filter(|_| !source.secrets.is_empty())?;
    let value = match &signature.scheme {
        Scheme::Token => "$SECRET".to_owned(),
        Scheme::Hmac { prefix, hash: Hash::Sha256, encoding: Encoding::Hex, before: [], .. } => {
            format!("{prefix}$({read} | openssl dgst -sha256 -hmac \"$SECRET\" -r | cut -d' ' -f1)")
        }
        // What else is signed changes with each request.
        Scheme::Hmac { .. } => return None,
    };
    Some((signature.header.to_string(), value))
}

/// A word of a shell, whatever is in it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_breaks_out_of_a_word() {
        let text = "it's $(rm -rf /) \"x\" `y`";
        let output =
            std::process::Command::new("sh").args(["-c", &format!("printf %s {}", quoted(text))]).output();
        assert_eq!(String::from_utf8(output.unwrap().stdout).unwrap(), text);
    }
}
