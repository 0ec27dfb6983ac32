//! Whether locks on files of a folder hold between machines. `fer` trusts no lock that only one machine knows of: two
//! jobs on two nodes would write in one run folder.

use std::fs::{self, TryLockError};
use std::path::{Path, PathBuf};

use fer_artifact::{make_folders, open_lock};

use crate::Error;
use crate::run_folder::folder::{CELLS, CLAIMS, io};

/// Where the system tells what is mounted, and how.
const MOUNTS: &str = "/proc/self/mountinfo";
/// File systems in user space whose locks never leave the machine.
const LOCAL_IN_USER_SPACE: [&str; 6] =
    ["fuse.sshfs", "fuse.s3fs", "fuse.rclone", "fuse.gcsfuse", "fuse.goofys", "fuse.mountpoint-s3"];

/// A file system as it is mounted.
#[derive(Debug, PartialEq, Eq)]
struct Mount {
    at: PathBuf,
    kind: String,
    options: String,
}

/// Fails if a lock in the folder of a sweep, which is made if there is none, would hold on this machine alone, or not at
/// all: it tries one where the cells' claims lie.
///
/// # Errors
/// [`Error::OneMachine`], or a folder in which no file can be locked, or that has a link in it.
pub(crate) fn locks_hold_between_machines(sweep: &Path) -> Result<(), Error> {
    let (folder, claims) = (&sweep.join(CELLS), Path::new(CELLS).join(CLAIMS));
    let claims = make_folders(sweep, &claims).map_err(io(&sweep.join(&claims), "make the folder"))?;
    let whole = folder.canonicalize().map_err(io(folder, "find the folder"))?;
    let mounts = fs::read_to_string(MOUNTS).unwrap_or_default();
    if let Some(reason) = holding(&mounts, &whole).and_then(|mount| mount.is_for_one_machine()) {
        return Err(Error::OneMachine { path: folder.to_owned(), reason });
    }
    let file = claims.join(".lock");
    match open_lock(&file).map_err(io(&file, "write the file"))?.try_lock() {
        Ok(()) | Err(TryLockError::WouldBlock) => Ok(()),
        Err(TryLockError::Error(error)) => Err(io(&file, "lock the file")(error)),
    }
}

/// The file system that holds a folder: of those mounted above it the nearest, and the last mounted there.
fn holding(mounts: &str, folder: &Path) -> Option<Mount> {
    let above = mounts.lines().filter_map(Mount::of).filter(|mount| folder.starts_with(&mount.at));
    above.max_by_key(|mount| mount.at.components().count())
}

impl Mount {
    /// A line of `mountinfo`, as the manual page proc(5) describes it.
    fn of(line: &str) -> Option<Self> {
        let (before, after) = line.split_once(" - ")?;
        let mut before = before.split(' ').skip(4);
        let (at, own) = (before.next()?, before.next()?);
        let mut after = after.split(' ');
        let (kind, _source, of_all) = (after.next()?, after.next()?, after.next()?);
        Some(Self { at: unescaped(at).into(), kind: kind.to_owned(), options: format!("{own},{of_all}") })
    }

    /// Why its locks are no locks for other machines, if so.
    fn is_for_one_machine(&self) -> Option<String> {
        let has = |option: &&&str| self.options.split(',').any(|other| other == **option);
        let local = match self.kind.as_str() {
            "nfs" | "nfs4" => ["nolock", "local_lock=flock", "local_lock=all"].iter().find(has),
            "lustre" => ["localflock", "noflock"].iter().find(has),
            "cifs" | "smb3" => ["nobrl", "nolock"].iter().find(has),
            kind if LOCAL_IN_USER_SPACE.contains(&kind) => return Some(kind.to_owned()),
            _ => None,
        };
        local.map(|option| format!("{} with {option}", self.kind))
    }
}

/// Spaces and the like stand as three octal digits after a backslash.
fn unescaped(text: &str) -> String {
    let mut parts = text.split('\\');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let code = part.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok());
        bytes.extend(code);
        bytes.extend(part.get(if code.is_some() { 3.. } else { 0.. }).unwrap_or_default().as_bytes());
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines as Linux writes them.
    const LINES: &str = "\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro
40 22 0:35 / /home rw,nosuid shared:20 - nfs4 server:/home rw,vers=4.2,rsize=1048576,local_lock=none,addr=10.0.0.1
41 22 0:36 / /old rw shared:21 - nfs server:/old rw,vers=3,nolock,proto=tcp,local_lock=all,addr=10.0.0.1
42 40 0:37 / /home/a\\040b rw shared:22 - nfs server:/c rw,vers=3,local_lock=flock,addr=10.0.0.1
43 22 0:38 / /work rw - lustre 10.0.0.2@tcp:/work rw,flock,lazystatfs
44 22 0:39 / /fast rw - lustre 10.0.0.2@tcp:/fast rw,localflock
45 22 0:40 / /far rw - fuse.sshfs user@host: rw,user_id=0
46 22 0:41 / /old rw - tmpfs none rw
";

    #[test]
    fn mounts_whose_locks_other_machines_do_not_see_are_found() {
        let reason = |folder: &str| holding(LINES, Path::new(folder)).unwrap().is_for_one_machine();
        assert_eq!(reason("/tmp/runs"), None);
        assert_eq!(reason("/home/me/runs"), None);
        assert_eq!(reason("/work/me"), None);
        assert_eq!(reason("/old/runs"), None, "another is mounted over it");
        assert_eq!(reason("/home/a b/runs").unwrap(), "nfs with local_lock=flock");
        assert_eq!(reason("/fast/me").unwrap(), "lustre with localflock");
        assert_eq!(reason("/far").unwrap(), "fuse.sshfs");
        let alone = LINES.lines().nth(2).unwrap();
        let mount = holding(alone, Path::new("/old/runs")).unwrap();
        assert_eq!(mount.is_for_one_machine().unwrap(), "nfs with nolock");
        assert_eq!(holding("", Path::new("/")), None);
    }

    #[test]
    fn a_folder_of_this_machine_can_be_locked() {
        let folder = tempfile::tempdir().unwrap();
        locks_hold_between_machines(&folder.path().join("new")).unwrap();
        locks_hold_between_machines(&folder.path().join("new")).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_the_place_of_the_lock_is_refused() {
        use std::os::unix::fs::symlink;
        let (folder, victim) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let link = folder.path().join("cells/.claims/.lock");
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        symlink(victim.path().join("file"), &link).unwrap();
        let error = fer_artifact::with_causes(&locks_hold_between_machines(folder.path()).unwrap_err());
        assert!(error.contains("found a link"), "{error}");
        assert_eq!(fs::read_dir(victim.path()).unwrap().count(), 0);
    }
}
