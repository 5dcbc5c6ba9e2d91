//! Compiled images that `wootz run` keeps, and `wootz cache`, which shows and removes them.
//!
//! An image is found by a digest of all that it is made from: the module's bytes, the options, the CPU, and the compiler. So
//! an entry is never wrong, only unused; nothing has to be kept consistent, and two processes that make the same entry make the same
//! file. Whatever goes wrong with the cache costs a compilation and no more.

mod key;
mod store;

use std::path::PathBuf;
use std::time::SystemTime;

use wootz_engine::{Engine, Integrity, Module};

use crate::args::{CacheArgs, CacheCommand};
use crate::exit::Exit;
use crate::report::{Outcome, Report, output};
use key::Key;
use store::Store;

/// In the cache's folder: texts of modules that debuggers show.
pub const TEXTS: &str = "text";
/// Names the folder.
const FOLDER: &str = "WOOTZ_CACHE_DIR";
/// Says how many bytes may be kept, with K, M or G.
const SIZE: &str = "WOOTZ_CACHE_SIZE";
/// How many bytes are kept if nothing is said.
const DEFAULT_SIZE: u64 = 2 << 30;

/// The cache, if there is a place for one.
pub struct Cache(Option<Store>);

impl Cache {
    /// No cache.
    pub fn off() -> Self {
        Self(None)
    }

    /// The user's cache: the folder that the environment names, or one where caches are kept.
    ///
    /// # Errors
    /// A report if the size that the environment says is none.
    pub fn of_user() -> Outcome<Self> {
        let size = match std::env::var(SIZE) {
            Ok(text) => crate::parse::size(&text)
                .map_err(|reason| Report::new(Exit::Usage, format!("{SIZE} is \"{text}\": {reason}")))?
                as u64,
            Err(_) => DEFAULT_SIZE,
        };
        Ok(Self(folder().filter(|_| size > 0).map(|folder| Store::new(folder, size))))
    }

    /// Where it has, or will have, the image of a module's bytes, binary or text, compiled by an engine. `None` without a cache.
    pub fn place(&self, engine: &Engine, module: &[u8]) -> Option<Place<'_>> {
        let store = self.0.as_ref()?;
        let key = Key::new(&[engine.config().fingerprint().as_bytes(), key::compiler().as_bytes(), module]);
        Some(Place { store, key })
    }
}

/// The place of one module's image.
pub struct Place<'a> {
    store: &'a Store,
    key: Key,
}

impl Place<'_> {
    /// The module, if it is there and whole.
    pub fn load(&self, engine: &Engine) -> Option<Module> {
        let image = self.store.open(&self.key)?;
        let length = image.metadata().ok()?.len();
        match Module::from_part(engine, &image, 0..length, Integrity::Declarations) {
            Ok(module) => Some(module),
            Err(_) => {
                self.store.remove(&self.key);
                None
            }
        }
    }

    /// Keeps the module's image.
    pub fn keep(&self, module: &Module) {
        if let Some(image) = module.serialize() {
            self.store.write(&self.key, &image);
        }
    }
}

/// Where the cache is: nowhere if the user has no home.
pub fn folder() -> Option<PathBuf> {
    let named = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    named(FOLDER)
        .or_else(|| Some(named("XDG_CACHE_HOME")?.join("wootz")))
        .or_else(|| Some(named("HOME")?.join(".cache/wootz")))
}

/// `wootz cache`.
pub fn cache(args: &CacheArgs) -> Outcome {
    let Cache(store) = Cache::of_user()?;
    let Some(store) = store else {
        return output(format!("there is no cache: {FOLDER} names a folder for one\n").as_bytes());
    };
    match args.command {
        CacheCommand::List => list(&store),
        CacheCommand::Clean => {
            let (count, bytes) = store.clean().map_err(|error| {
                Report::new(Exit::Output, format!("cannot empty {}: {error}", store.folder().display()))
            })?;
            // Debug information without its text still works.
            let _ = std::fs::remove_dir_all(store.folder().join(TEXTS));
            output(format!("removed {count} images, {bytes} bytes\n").as_bytes())
        }
    }
}

fn list(store: &Store) -> Outcome {
    let entries = store.entries();
    let mut text = String::new();
    for entry in &entries {
        let age = SystemTime::now().duration_since(entry.used).unwrap_or_default().as_secs();
        text += &format!("{}  {:>12} bytes  used {} ago\n", entry.name, entry.bytes, span(age));
    }
    let bytes: u64 = entries.iter().map(|entry| entry.bytes).sum();
    text += &format!(
        "{} images, {bytes} bytes of at most {}, in {}\n",
        entries.len(),
        store.limit(),
        store.folder().display()
    );
    output(text.as_bytes())
}

/// Seconds in the largest unit that they fill.
fn span(seconds: u64) -> String {
    let units = [(86400, "days"), (3600, "hours"), (60, "minutes")];
    let fills = units.iter().find(|(length, _)| seconds >= 2 * length);
    fills
        .map_or_else(|| format!("{seconds} seconds"), |(length, unit)| format!("{} {unit}", seconds / length))
}
