use candle_core::{Device, Tensor, Var};
use fer_nn::Parameter;

use crate::{Error, Mode, Network};

impl Network {
    /// Where each image speaks for a class: Grad-CAM (Selvaraju et al., *Grad-CAM: Visual Explanations from Deep Networks
    /// via Gradient-based Localization*, 2017) of the last layer that still has a height and a width, in evaluation.
    ///
    /// Maps `[N, h, w]`, f32, from 0 upwards, for images `[N, 1, height, width]` and one class for each. A map is the sum
    /// of the layer's channels, each times the mean gradient of the class's logit over its positions, where that sum is
    /// positive. `h` and `w` are the layer's: an eighth of the image's for all networks here, rounded by the layers.
    /// Gradients that the parameters hold are cleared.
    ///
    /// # Errors
    /// [`Error::Maps`] for a network without such a layer, [`Error::Input`] for images of another shape.
    ///
    /// # Panics
    /// If there are not as many classes as images, or a class is not one of the network's.
    pub fn grad_cam(&self, images: &Tensor, classes: &[usize]) -> Result<Tensor, Error> {
        let last = self.layers.iter().rposition(|layer| layer.has_positions());
        let last = last.ok_or(Error::Maps { network: self.config().params.name() })?;
        let (before, behind) = self.layers.split_at(last + 1);
        let mut maps = self.input(images)?;
        assert_eq!(maps.dims()[0], classes.len(), "one class for each image");
        assert!(
            classes.iter().all(|&class| class < self.config().classes),
            "classes of the network, found {classes:?}"
        );
        for layer in before {
            maps = layer.forward(&maps, Mode::Evaluate, &mut vec![])?.detach();
        }
        let maps = Var::from_tensor(&maps)?;
        let mut logits = maps.as_tensor().clone();
        for layer in behind {
            logits = layer.forward(&logits, Mode::Evaluate, &mut vec![])?;
        }
        // In evaluation an image's logits depend on that image alone, so one pass back serves them all.
        let classes: Vec<u32> = classes.iter().map(|&class| class as u32).collect();
        let classes = Tensor::from_vec(classes, (maps.dims()[0], 1), &Device::Cpu)?;
        let gradients = logits.gather(&classes, 1)?.sum_all()?.backward()?;
        self.parameters().values().for_each(Parameter::zero_grad);
        let Some(gradient) = gradients.get(&maps) else { return Ok(maps.zeros_like()?.sum(3)?) };
        let weights = gradient.mean_keepdim((1, 2))?;
        Ok(maps.broadcast_mul(&weights)?.sum(3)?.relu()?)
    }
}
