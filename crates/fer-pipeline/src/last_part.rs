use std::path::Path;

/// What a person calls a file or a folder: the last part of its path; none of a path such as `..`.
pub fn last_part(path: &Path) -> Option<String> {
    Some(path.file_name()?.to_string_lossy().into_owned())
}
