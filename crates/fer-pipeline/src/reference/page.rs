//! The list of parameters as a page of the documentation.

use crate::reference::parameters::{Parameter, Section, sections};

const HEAD: &str = "\
# All parameters

This page is made by the program, of the types that read a pipeline file; a test holds it. `fer params STAGE` prints a part of it. An
editor with yaml-language-server completes and checks a file that begins with a line such as

```yaml
# yaml-language-server: $schema=docs/pipeline.schema.json
```

`fer schema > pipeline.schema.json` writes that schema. `--set PATH=VALUE` sets `seed` or a parameter of a stage on the command line, a matrix sets it in many runs.
[`training.md`](training.md) and [`datasets.md`](datasets.md) say more of what the parameters are for.
";

/// The page, in Markdown.
pub fn page() -> String {
    let mut page = HEAD.to_owned();
    sections().iter().for_each(|section| page.push_str(&table(section)));
    page
}

fn table(section: &Section) -> String {
    let title = section.stage.map_or("The file".to_owned(), |stage| format!("`{stage}`"));
    let mut text = format!("\n## {title}\n\n{}\n\n", section.about);
    text.push_str("| parameter | accepts | default | meaning | example |\n| --- | --- | --- | --- | --- |\n");
    section.parameters.iter().for_each(|parameter| text.push_str(&row(parameter)));
    text
}

fn row(parameter: &Parameter) -> String {
    let Parameter { path, with, accepts, default, meaning, example } = parameter;
    let with = with.as_ref().map(|with| format!(" with `{with}`")).unwrap_or_default();
    let default = match default.as_deref() {
        None => "must be given".to_owned(),
        Some("null") => "–".to_owned(),
        Some(default) => format!("`{default}`"),
    };
    let example = example.as_ref().map(|example| format!("`{example}`")).unwrap_or_default();
    let cells = [format!("`{path}`{with}"), accepts.clone(), default, meaning.clone(), example];
    let cells = cells.map(|cell| cell.replace('|', "\\|"));
    format!("| {} |\n", cells.join(" | "))
}
