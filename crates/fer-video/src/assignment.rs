//! Which of one kind belongs to which of another, so that the costs together are least.

/// What may not be.
pub(crate) const NEVER: f64 = 1e6;

/// For each row of `costs`, the column that belongs to it: as many pairs as may be, and of those the cheapest together.
/// Every row has as many columns. This is the Hungarian method with potentials, a row at a time.
pub(crate) fn assign(costs: &[Vec<f64>]) -> Vec<Option<usize>> {
    let (rows, columns) = (costs.len(), costs.first().map_or(0, Vec::len));
    // With a column for each row to have none of the others.
    let all = columns + rows;
    let cost = |row: usize, column: usize| if column < columns { costs[row][column] } else { NEVER };
    let (mut of_row, mut of_column) = (vec![0.0; rows], vec![0.0; all]);
    let mut owner: Vec<Option<usize>> = vec![None; all];
    for row in 0..rows {
        let mut reached = vec![f64::INFINITY; all];
        let mut before: Vec<Option<usize>> = vec![None; all];
        let mut done = vec![false; all];
        let (mut from, mut at) = (row, None);
        loop {
            for column in (0..all).filter(|&column| !done[column]) {
                let here = cost(from, column) - of_row[from] - of_column[column];
                if here < reached[column] {
                    (reached[column], before[column]) = (here, at);
                }
            }
            let nearest = (0..all).filter(|&column| !done[column]).min_by(|&a, &b| reached[a].total_cmp(&reached[b]));
            let nearest = nearest.expect("a column a row is left");
            let step = reached[nearest];
            of_row[row] += step;
            for column in 0..all {
                match (done[column], owner[column]) {
                    (true, Some(owner)) => {
                        of_row[owner] += step;
                        of_column[column] -= step;
                    }
                    _ => reached[column] -= step,
                }
            }
            done[nearest] = true;
            at = Some(nearest);
            match owner[nearest] {
                Some(owner) => from = owner,
                None => break,
            }
        }
        // Along the way back, each column goes to the row from which it was reached.
        while let Some(column) = at {
            at = before[column];
            owner[column] = at.map_or(Some(row), |before| owner[before]);
        }
    }
    let mut found = vec![None; rows];
    for (column, owner) in owner.iter().enumerate().take(columns) {
        if let Some(row) = owner.filter(|&row| costs[row][column] < NEVER) {
            found[row] = Some(column);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The least sum over all ways, counting [`NEVER`] for a row without a column.
    fn least(costs: &[Vec<f64>], taken: &mut Vec<usize>) -> f64 {
        let Some(row) = costs.first() else { return 0.0 };
        let mut best = NEVER + least(&costs[1..], taken);
        for (column, cost) in row.iter().enumerate() {
            if !taken.contains(&column) {
                taken.push(column);
                best = best.min(cost + least(&costs[1..], taken));
                taken.pop();
            }
        }
        best
    }

    #[test]
    fn the_sum_is_the_least_of_all_ways() {
        let mut state = 1_u64;
        let mut random = |end: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % end
        };
        for _ in 0..300 {
            let (rows, columns) = (random(5) as usize, random(5) as usize);
            let mut cost = || if random(4) == 0 { NEVER } else { random(100) as f64 / 10.0 };
            let costs: Vec<Vec<f64>> = (0..rows).map(|_| (0..columns).map(|_| cost()).collect()).collect();
            let found = assign(&costs);
            let sum: f64 =
                found.iter().zip(&costs).map(|(column, row)| column.map_or(NEVER, |column| row[column])).sum();
            assert!((sum - least(&costs, &mut vec![])).abs() < 1e-3, "{costs:?} {found:?}");
            let mut columns: Vec<usize> = found.iter().flatten().copied().collect();
            columns.sort_unstable();
            columns.dedup();
            assert_eq!(columns.len(), found.iter().flatten().count(), "no column twice");
        }
    }
}
