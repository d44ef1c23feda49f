//! `teller paper` and `teller restore`: the keys on a sheet, and back.
//!
//! The QR code holds the sealed key file and needs the passphrase. The words are the keys themselves: they help when file and passphrase are
//! lost, and whoever reads them is the teller. The sheet says so, and can be cut between the two.

use std::path::PathBuf;

use isoloir_protocol::{
    key_file,
    paper::{self, PaperError, WORDS, WordList},
    teller::TellerSecret,
};
use qrcodegen::{QrCode, QrCodeEcc};
use zeroize::Zeroizing;

use crate::{
    args::Ending,
    context::Context,
    durable,
    i18n::Language,
    keys::{KeyArgs, PassphraseFrom, fingerprint, save_teller},
    problem,
    problem::{Outcome, Problem},
    say,
};

/// Words of a line on the sheet, and of a question at the keyboard.
const ROW: usize = 4;

/// What `teller paper` is given.
#[derive(Debug, clap::Args)]
pub struct PaperArgs {
    /// Whose sheet
    #[command(flatten)]
    pub key: KeyArgs,
    /// The page to write, to be opened in a browser and printed; destroy it afterwards
    #[arg(long, value_name = "FILE.html")]
    pub out: PathBuf,
}

/// What `teller restore` is given.
#[derive(Debug, clap::Args)]
pub struct RestoreArgs {
    /// The name as voters see it
    #[arg(long)]
    pub name: String,
    /// The key file to write; FILE.pub.json beside it is as it was
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// File with the text of the QR code, as any reader of QR codes shows it (default: the words are asked)
    #[arg(long, value_name = "FILE", conflicts_with = "words_file")]
    pub code_file: Option<PathBuf>,
    /// File with the words of the sheet (default: asked at the keyboard)
    #[arg(long, value_name = "FILE")]
    pub words_file: Option<PathBuf>,
    /// The passphrase of the code, or a new one for the words
    #[command(flatten)]
    pub passphrase: PassphraseFrom,
}

/// Writes the sheet.
pub fn write(ctx: &mut Context, args: &PaperArgs) -> Outcome<Ending> {
    let secret = args.key.teller_secret(ctx)?;
    let sealed = durable::read_text(&args.key.key)?;
    let sealed: serde_json::Value =
        serde_json::from_str(&sealed).map_err(|error| problem!("key-file-unreadable", "path" => args.key.key.display()).because(&error))?;
    let code = QrCode::encode_text(&sealed.to_string(), QrCodeEcc::Low).map_err(|error| problem!("paper-too-long").because(&error))?;
    let language = ctx.catalogue().language();
    let words = paper::words(&secret.to_bytes(), if language == Language::French { WordList::French } else { WordList::English });
    let page = sheet(ctx, &fingerprint(secret.sign_key().bytes()), &svg(&code), &words);
    durable::create(&args.out, page.as_bytes(), true)?;
    say!(ctx, "paper-written", "path" => args.out.display());
    Ok(Ending::Good)
}

/// Writes the key file anew.
pub fn restore(ctx: &mut Context, args: &RestoreArgs) -> Outcome<Ending> {
    let secret = match &args.code_file {
        Some(path) => {
            let unreadable = || problem!("paper-code-unreadable", "path" => path.display());
            let json = durable::read_text(path)?;
            let label = key_file::label(json.trim()).map_err(|error| unreadable().because(&error))?;
            if label.kind != key_file::Kind::Teller {
                return Err(unreadable());
            }
            let passphrase = args.passphrase.read(ctx, path, false)?;
            let (_, bytes) = key_file::open(json.trim(), &passphrase).map_err(|error| match error {
                key_file::KeyFileError::Passphrase => problem!("passphrase-wrong", "path" => path.display()),
                error => unreadable().because(&error),
            })?;
            let secret = bytes.get(..label.kind.key_len()).and_then(TellerSecret::from_slice).ok_or_else(unreadable)?;
            save_teller(ctx, &args.out, &args.name, &secret, &passphrase)?;
            secret
        }
        None => {
            let words = match &args.words_file {
                Some(path) => Zeroizing::new(durable::read_text(path)?),
                None => ask_words(ctx)?,
            };
            let bytes = paper::read(&words).map_err(wrong_words)?;
            let secret = TellerSecret::from_slice(bytes.as_slice()).ok_or_else(|| problem!("paper-damaged"))?;
            let passphrase = args.passphrase.read_new(ctx, &args.out)?;
            save_teller(ctx, &args.out, &args.name, &secret, &passphrase)?;
            secret
        }
    };
    say!(ctx, "paper-restored", "path" => args.out.display(), "fingerprint" => fingerprint(secret.sign_key().bytes()));
    Ok(Ending::Good)
}

fn ask_words(ctx: &mut Context) -> Outcome<Zeroizing<String>> {
    let mut words = Zeroizing::new(String::new());
    for from in (1..=WORDS).step_by(ROW) {
        let to = from.saturating_add(ROW).saturating_sub(1);
        let line = ctx.secret("ask-words", &[("from", from.to_string()), ("to", to.to_string())])?;
        words.push_str(&line);
        words.push(' ');
    }
    Ok(words)
}

fn wrong_words(error: PaperError) -> Problem {
    let listed = |places: &[usize]| places.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    match error {
        PaperError::Count { found } => problem!("paper-count", "found" => found, "words" => WORDS),
        PaperError::Unknown { places } => problem!("paper-unknown", "places" => listed(&places)),
        PaperError::Wrong { places } => problem!("paper-wrong", "places" => listed(&places)),
        PaperError::Swapped { places } => problem!("paper-swapped", "places" => listed(&places)),
        _ => problem!("paper-damaged"),
    }
}

fn svg(code: &QrCode) -> String {
    let size = code.size();
    let mut path = String::new();
    for y in 0..size {
        for x in 0..size {
            if code.get_module(x, y) {
                path.push_str(&format!("M{x} {y}h1v1h-1z"));
            }
        }
    }
    let side = size.saturating_add(8);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"-4 -4 {side} {side}\" width=\"80mm\" shape-rendering=\"crispEdges\"><path d=\"{path}\"/></svg>"
    )
}

fn sheet(ctx: &Context, fingerprint: &str, code: &str, words: &str) -> Zeroizing<String> {
    let say = |key: &str| ctx.catalogue().line(key, &[]);
    let items: String = words.split(' ').map(|word| format!("<li>{word}</li>")).collect();
    Zeroizing::new(format!(
        "<!doctype html><html lang=\"{}\"><meta charset=\"utf-8\"><title>{title}</title>\n\
         <style>body{{font:11pt/1.5 sans-serif;margin:12mm}}ol{{columns:4;font:11pt/1.7 monospace}}hr{{border-top:1px dashed}}svg{{display:block}}</style>\n\
         <h1>{title}</h1><p>{fingerprint}</p><h2>{code_title}</h2><p>{code_text}</p>{code}<hr><h2>{words_title}</h2><p><b>{words_text}</b></p><ol>{items}</ol></html>\n",
        ctx.catalogue().language().tag(),
        title = say("paper-title"),
        code_title = say("paper-code-title"),
        code_text = say("paper-code-text"),
        words_title = say("paper-words-title"),
        words_text = say("paper-words-text"),
    ))
}
