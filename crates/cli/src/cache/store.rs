//! The files of the cache: `DIGITS.image` each, written whole under another name first, the least recently used removed when
//! they become too many bytes.
//!
//! No lock is needed. A file appears by a rename, so a reader finds all of it or nothing; one that is removed while it is
//! read is read to its end; and what a killed process leaves (`….part`) is removed when it is old.

use std::fs::{self, DirBuilder, File, FileTimes};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::Key;
use crate::files::{UNFINISHED, replace};

const ENDING: &str = "image";
/// After what time an unfinished file is nobody's any more.
const ABANDONED: Duration = Duration::from_secs(3600);

/// A folder of images.
pub(super) struct Store {
    folder: PathBuf,
    limit: u64,
}

/// An image in the folder.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) bytes: u64,
    pub(super) used: SystemTime,
    path: PathBuf,
}

impl Store {
    /// The store in a folder, which need not exist, of at most so many bytes.
    pub(super) fn new(folder: PathBuf, limit: u64) -> Self {
        Self { folder, limit }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn limit(&self) -> u64 {
        self.limit
    }

    fn path(&self, key: &Key) -> PathBuf {
        self.folder.join(format!("{key}.{ENDING}"))
    }

    /// The file of a key. It counts as used now.
    pub(super) fn open(&self, key: &Key) -> Option<File> {
        if !self.is_private() {
            return None;
        }
        let image = File::open(self.path(key)).ok()?;
        // One that cannot be touched only seems older than it is.
        let _ = image.set_times(FileTimes::new().set_modified(SystemTime::now()));
        Some(image)
    }

    /// Whether nobody else can write there: an image is machine code.
    fn is_private(&self) -> bool {
        fs::metadata(&self.folder).is_ok_and(|metadata| metadata.permissions().mode() & 0o022 == 0)
    }

    /// Keeps an image, if that is possible, and makes room for it.
    pub(super) fn write(&self, key: &Key, image: &[u8]) {
        if image.len() as u64 <= self.limit && self.try_write(key, image).is_ok() {
            self.make_room();
        }
    }

    fn try_write(&self, key: &Key, image: &[u8]) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        if !self.is_private() {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        replace(&self.path(key), image, 0o600)
    }

    /// Removes the image of a key.
    pub(super) fn remove(&self, key: &Key) {
        let _ = fs::remove_file(self.path(key));
    }

    /// The images, the most recently used first.
    pub(super) fn entries(&self) -> Vec<Entry> {
        let mut entries: Vec<_> = self.files(ENDING).collect();
        entries.sort_by(|a, b| (b.used, &a.name).cmp(&(a.used, &b.name)));
        entries
    }

    fn files(&self, ending: &str) -> impl Iterator<Item = Entry> {
        let files = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        files.filter_map(move |file| {
            let (path, metadata) = (file.path(), file.metadata().ok()?);
            let ours = metadata.is_file() && path.extension().is_some_and(|found| found == ending);
            let name = path.file_stem()?.to_string_lossy().into_owned();
            ours.then_some(Entry { name, bytes: metadata.len(), used: metadata.modified().ok()?, path })
        })
    }

    fn make_room(&self) {
        let mut bytes = 0u64;
        for entry in self.entries() {
            bytes = bytes.saturating_add(entry.bytes);
            if bytes > self.limit {
                let _ = fs::remove_file(entry.path);
            }
        }
        let now = SystemTime::now();
        for part in self.files(UNFINISHED) {
            if now.duration_since(part.used).is_ok_and(|age| age > ABANDONED) {
                let _ = fs::remove_file(part.path);
            }
        }
    }

    /// Removes everything that is the cache's. Returns how many images and bytes.
    pub(super) fn clean(&self) -> io::Result<(usize, u64)> {
        let (mut count, mut bytes) = (0, 0);
        for entry in self.files(ENDING) {
            match fs::remove_file(&entry.path) {
                Ok(()) => (count, bytes) = (count + 1, bytes + entry.bytes),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        for part in self.files(UNFINISHED) {
            let _ = fs::remove_file(part.path);
        }
        Ok((count, bytes))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn store(limit: u64) -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(dir.path().join("a/b"), limit);
        (dir, store)
    }

    fn read(store: &Store, key: &Key) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        store.open(key)?.read_to_end(&mut bytes).unwrap();
        Some(bytes)
    }

    fn key(name: &str) -> Key {
        Key::new(&[name.as_bytes()])
    }

    #[test]
    fn what_is_kept_is_found_until_it_is_removed() {
        let (_dir, store) = store(1000);
        assert!(read(&store, &key("one")).is_none() && store.entries().is_empty());
        store.write(&key("one"), b"first");
        store.write(&key("two"), b"second");
        assert_eq!(read(&store, &key("one")).as_deref(), Some(b"first".as_slice()));
        store.remove(&key("one"));
        assert_eq!(read(&store, &key("one")), None);
        assert_eq!(store.clean().unwrap(), (1, 6));
        assert_eq!(store.clean().unwrap(), (0, 0));
    }

    #[test]
    fn the_least_recently_used_go_first() {
        let (_dir, store) = store(25);
        let old = |name: &str, seconds| {
            let file = File::options().append(true).open(store.path(&key(name))).unwrap();
            let then = SystemTime::now() - Duration::from_secs(seconds);
            file.set_times(FileTimes::new().set_modified(then)).unwrap();
        };
        store.write(&key("a"), &[0; 10]);
        store.write(&key("b"), &[0; 10]);
        old("a", 50);
        old("b", 100);
        store.write(&key("c"), &[0; 10]);
        assert!(read(&store, &key("a")).is_some() && read(&store, &key("c")).is_some());
        assert_eq!(read(&store, &key("b")), None, "the oldest made room");
        store.write(&key("huge"), &[0; 26]);
        assert_eq!(store.entries().len(), 2, "what is larger than everything is not kept");
    }

    #[test]
    fn what_others_can_write_is_not_run() {
        let (_dir, store) = store(1000);
        store.write(&key("one"), b"first");
        fs::set_permissions(store.folder(), fs::Permissions::from_mode(0o777)).unwrap();
        assert_eq!(read(&store, &key("one")), None);
        store.write(&key("two"), b"second");
        assert_eq!(store.entries().len(), 1);
    }

    #[test]
    fn unfinished_files_are_removed_when_they_are_old() {
        let (_dir, store) = store(1000);
        store.write(&key("one"), b"first");
        for (name, age) in [("young.1.part", 10), ("old.2.part", 7200)] {
            let file = File::create(store.folder().join(name)).unwrap();
            let then = SystemTime::now() - Duration::from_secs(age);
            file.set_times(FileTimes::new().set_modified(then)).unwrap();
        }
        store.write(&key("two"), b"second");
        let left: Vec<_> = store.files(UNFINISHED).map(|part| part.name).collect();
        assert_eq!(left, ["young.1"]);
    }
}
