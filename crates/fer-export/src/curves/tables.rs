//! Curves as tab-separated tables. There are two, as scores are known of some epochs only: no cell is empty, which
//! those who draw a curve would take for a gap.

use serde_json::Value;

pub(crate) const HISTORY_FILE: &str = "history.tsv";
pub(crate) const ACCURACY_FILE: &str = "accuracy.tsv";

/// Loss and learning rate of every epoch.
pub(crate) const HISTORY: [&str; 4] = ["epoch", "loss", "last_batch_loss", "learning_rate"];
/// Scores of the epochs that were evaluated.
pub(crate) const ACCURACY: [&str; 4] = ["epoch", "train_accuracy", "validation_accuracy", "validation_loss"];

/// A head with the columns that any record has, and a row for each record that has all of them.
pub(crate) fn table(history: &[Value], columns: &[&str]) -> String {
    let known = |column: &&str| history.iter().any(|record| record.get(column).is_some());
    let columns: Vec<&str> = columns.iter().copied().filter(known).collect();
    let head = columns.join("\t") + "\n";
    head + &rows(history, &columns)
}

/// A row for each record that has all of these columns.
pub(crate) fn rows(history: &[Value], columns: &[&str]) -> String {
    let cells = |record: &Value| columns.iter().map(|column| Some(record.get(column)?.to_string())).collect();
    let rows = history.iter().filter_map(cells);
    rows.map(|cells: Vec<String>| cells.join("\t") + "\n").collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_cell_is_empty() {
        let records = [
            json!({"epoch": 1, "loss": 1.5, "last_batch_loss": 1.25, "learning_rate": 1e-8}),
            json!({"epoch": 2, "loss": 1.0, "last_batch_loss": 0.5, "learning_rate": 0.1, "train_accuracy": 0.75}),
        ];
        assert_eq!(
            table(&records, &HISTORY),
            "epoch\tloss\tlast_batch_loss\tlearning_rate\n1\t1.5\t1.25\t1e-8\n2\t1.0\t0.5\t0.1\n"
        );
        assert_eq!(table(&records, &ACCURACY), "epoch\ttrain_accuracy\n2\t0.75\n", "there was no validation");
    }
}
