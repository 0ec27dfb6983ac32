use candle_core::{Device, Tensor, Var};
use fer_nn::update_average;

#[test]
fn an_average_goes_its_share_of_the_way() {
    let tensor = |values: &[f32]| Tensor::new(values, &Device::Cpu).unwrap();
    let average = Var::from_tensor(&tensor(&[0.0, 8.0, -4.0])).unwrap();
    let target = tensor(&[4.0, 8.0, 4.0]);
    update_average(average.as_tensor(), &target, 0.25).unwrap();
    assert_eq!(average.to_vec1::<f32>().unwrap(), [1.0, 8.0, -2.0]);
    update_average(average.as_tensor(), &target, 1.0).unwrap();
    assert_eq!(average.to_vec1::<f32>().unwrap(), [4.0, 8.0, 4.0]);
    let message = update_average(average.as_tensor(), &tensor(&[1.0]), 0.5).unwrap_err().to_string();
    assert!(message.starts_with("average: expected shape [3], found [1]"), "{message}");
}
