//! What can be wrong with parameters beyond their types and names.

/// What can be wrong with the parameters beyond types and names.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidParams {
    /// Shares that are none or do not make a whole.
    #[error(
        "expected `train` above 0, `validation` and `test` from 0, and 1 as their sum, found {train} + {validation} + \
         {test} = {}", train + validation + test
    )]
    Fractions {
        /// Share of train.
        train: f64,
        /// Share of validation.
        validation: f64,
        /// Share of test.
        test: f64,
    },
    /// Folds that are none, or a fold that is none of them.
    #[error("expected 2 to 1000 `folds` and a `fold` below their number, counted from 0, found {folds} and {fold}")]
    Folds {
        /// Number of folds.
        folds: usize,
        /// The fold.
        fold: usize,
    },
    /// A share that leaves nothing, or takes nothing.
    #[error("expected a share above 0 and below 1, found {found}")]
    Share {
        /// The number.
        found: f64,
    },
    /// A class that a label is said to stand for, and that is none.
    #[error("`{label}={class}`: expected a class behind `=` ({}), found `{class}`", crate::phrase::few(classes))]
    MappedClass {
        /// The label.
        label: String,
        /// What stands behind it.
        class: String,
        /// The classes that there are.
        classes: Vec<String>,
    },
    /// A label that is said to stand for two classes.
    #[error("expected each label of the source once, found `{label}` twice")]
    MappedTwice {
        /// The label.
        label: String,
    },
    /// Groups that this kind of source cannot have.
    #[error("`group: {{{found}: …}}` needs a source of kind {needs}")]
    Group {
        /// How the group was to be found.
        found: &'static str,
        /// Kinds of sources that have it.
        needs: &'static str,
    },
    /// Columns to report by, of a source of another kind.
    #[error("`report_by` reads columns of a source of kind csv or manifest alone")]
    ReportBy,
    /// A column that stands in a list twice.
    #[error("expected each column of `report_by` once, found `{name}` twice")]
    SameColumn {
        /// The column.
        name: String,
    },
    /// Faces to be looked for where there are no photographs.
    #[error(
        "`detect` looks for faces in pictures, found a source of kind csv, which has pixels of faces; leave `detect` out"
    )]
    DetectSource,
    /// Faces to be looked for, and no size for them.
    #[error("`detect` needs the size of the crops: add `size: [48, 48]`")]
    DetectSize,
    /// Votes that are to be found by the names of pictures, where there are none.
    #[error("`votes.join: name` needs a source of pictures, found rows without names; `join: row` goes by their order")]
    VotesByName,
    /// A path of label files that is the same for all pictures.
    #[error("expected a path with `{{stem}}` in it, such as `{{folder}}/../labels/{{stem}}.txt`, found `{found}`")]
    LabelFile {
        /// The path.
        found: String,
    },
    /// Folders that are to name the classes, in a source whose folders do not.
    #[error("`classes: from-folders` needs a source of kind folder, whose folders say the class")]
    FromFolders,
    /// Folders that are to name the classes of votes.
    #[error(
        "`classes: from-folders` and `votes`: the columns of the votes are called by the classes; name these in `classes`"
    )]
    VotesFromFolders,
    /// Label files beside votes, which take their place.
    #[error("`source.labels` and `votes`: votes take the place of labels; leave one of the two out")]
    VotesAndLabels,
    /// Too few or too many classes.
    #[error("expected 1 to 256 class names, found {found}")]
    ClassCount {
        /// Number of names given.
        found: usize,
    },
    /// A class without a name.
    #[error("expected a name for every class, found an empty one for class {index}, counted from 0")]
    EmptyClass {
        /// The class.
        index: usize,
    },
    /// A name that is none.
    #[error("classes[{index}]: {reason}")]
    ClassName {
        /// The class.
        index: usize,
        /// What was expected and found.
        reason: String,
    },
    /// A class that chooses nothing.
    #[error("expected at least one label of the source for the class `{class}`, found none")]
    NoLabels {
        /// The class.
        class: String,
    },
    /// A label that two classes choose, or one twice.
    #[error("expected each label of the source once, found `{label}` for `{first}` and for `{second}`")]
    SameLabel {
        /// The label.
        label: String,
        /// The first class.
        first: String,
        /// The second class.
        second: String,
    },
    /// Two classes of one name.
    #[error("expected different class names, found `{name}` for the classes {first} and {second}, counted from 0")]
    SameClass {
        /// The name.
        name: String,
        /// The first class.
        first: usize,
        /// The second class.
        second: usize,
    },
}
