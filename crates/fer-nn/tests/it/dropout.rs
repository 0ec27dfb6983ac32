use candle_core::{Tensor, Var};
use fer_nn::{Stream, dropout};

use crate::differences::random;

fn flat(t: &Tensor) -> Vec<f32> {
    t.flatten_all().unwrap().to_vec1().unwrap()
}

#[test]
fn an_element_is_dropped_where_the_streams_number_is_below_p_and_the_gradient_follows() {
    let stream = Stream::new(9).at(1, 2);
    let x = Var::from_tensor(&random(&[2, 50_000], 1)).unwrap();
    let y = dropout(x.as_tensor(), 0.2, stream).unwrap();
    let gradients = y.sum_all().unwrap().backward().unwrap();
    let (y, dx) = (flat(&y), flat(gradients.get(&x).unwrap()));
    let scale = 1.0 / (1.0 - 0.2f32);
    for (index, x) in flat(x.as_tensor()).into_iter().enumerate() {
        let expected = if stream.uniform(index as u64) < 0.2 { (0.0, 0.0) } else { (x * scale, scale) };
        assert_eq!((y[index], dx[index]), expected, "element {index}");
    }
    let dropped = y.iter().filter(|&&y| y == 0.0).count();
    // 100,000 draws at 0.2: five standard deviations are 632.
    assert!((19_368..=20_632).contains(&dropped), "{dropped} of 100,000 dropped");
}

#[test]
fn a_probability_of_zero_changes_nothing_and_one_is_refused() {
    let x = random(&[7], 1);
    assert_eq!(flat(&dropout(&x, 0.0, Stream::new(1)).unwrap()), flat(&x));
    let message = dropout(&x, 1.0, Stream::new(1)).unwrap_err().to_string();
    assert!(message.starts_with("dropout: expected a probability from 0 to below 1, found 1"), "{message}");
}
