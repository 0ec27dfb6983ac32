//! Expressions as action units of the Facial Action Coding System (Ekman, Friesen and Hager, 2002).

use crate::canvas::mix;
use crate::dice::Dice;

/// How strongly each action unit is at work, 0 at rest and about 1 at its full.
#[derive(Debug, Clone, Default)]
pub(crate) struct Actions {
    /// AU1: the inner ends of the brows rise.
    pub(crate) inner_brow: f32,
    /// AU2: the outer ends of the brows rise.
    pub(crate) outer_brow: f32,
    /// AU4: the brows come down and together.
    pub(crate) brow_lower: f32,
    /// AU5: the upper lids rise and show the white above the iris.
    pub(crate) lid_raise: f32,
    /// AU6: the cheeks rise and push the lower lids up.
    pub(crate) cheek_raise: f32,
    /// AU7: the lids tighten.
    pub(crate) lid_tighten: f32,
    /// AU9: the nose wrinkles and drags the brows down.
    pub(crate) nose_wrinkle: f32,
    /// AU10: the upper lip rises.
    pub(crate) lip_raise: f32,
    /// AU12: the corners of the lips are pulled up and out.
    pub(crate) smile: f32,
    /// AU15: the corners of the lips go down.
    pub(crate) corner_drop: f32,
    /// AU17: the chin pushes the lower lip up.
    pub(crate) chin_raise: f32,
    /// AU20: the lips are stretched sideways.
    pub(crate) stretch: f32,
    /// AU23 and AU24: the lips are tightened and pressed together.
    pub(crate) press: f32,
    /// AU22: the lips funnel into a square, as in a shout.
    pub(crate) square: f32,
    /// AU25: the lips part.
    pub(crate) part: f32,
    /// AU26 and AU27: the jaw drops.
    pub(crate) jaw: f32,
    /// AU43 in part: the upper lids droop.
    pub(crate) droop: f32,
}

impl Actions {
    /// A face that shows the class `label` (an index into FER2013's order) at a random intensity, in one of the
    /// ways people show it, with the habits of a random person on top.
    pub(crate) fn of_class(label: u8, dice: &mut Dice) -> Self {
        let mut actions = match label {
            0 => Self::anger(dice),
            1 => Self::disgust(dice),
            2 => Self::fear(dice),
            3 => Self::happiness(dice),
            4 => Self::sadness(dice),
            5 => Self::surprise(dice),
            _ => Self { part: if dice.chance(0.2) { dice.range(0.1, 0.6) } else { 0.0 }, ..Self::default() },
        };
        let intensity = mix(0.55, 1.1, dice.unit());
        for action in actions.all() {
            *action *= intensity * dice.range(0.7, 1.2);
        }
        actions.add_habits(dice);
        actions
    }

    fn anger(dice: &mut Dice) -> Self {
        let base = Self { brow_lower: 1.0, lid_tighten: 0.8, lid_raise: 0.25, ..Self::default() };
        match dice.below(5) {
            0 | 1 => Self { square: 1.0, part: 0.7, jaw: dice.range(0.15, 0.6), lip_raise: 0.4, ..base },
            2 => Self { part: 0.6, square: 0.7, lip_raise: 0.3, stretch: 0.4, ..base },
            _ => Self { press: 1.0, chin_raise: 0.4, corner_drop: 0.3, ..base },
        }
    }

    fn disgust(dice: &mut Dice) -> Self {
        let base = Self {
            nose_wrinkle: 1.0,
            brow_lower: 0.45,
            lid_tighten: 0.8,
            cheek_raise: 0.45,
            lip_raise: 1.0,
            ..Self::default()
        };
        match dice.below(3) {
            0 => Self { part: 0.8, jaw: dice.range(0.05, 0.3), corner_drop: 0.3, ..base },
            1 => Self { part: 0.35, corner_drop: 0.5, ..base },
            _ => Self { chin_raise: 0.8, corner_drop: 0.6, ..base },
        }
    }

    fn fear(dice: &mut Dice) -> Self {
        let base = Self {
            inner_brow: 1.0,
            outer_brow: 0.45,
            brow_lower: 0.5,
            lid_raise: 1.0,
            lid_tighten: 0.2,
            stretch: 1.0,
            part: 0.6,
            ..Self::default()
        };
        Self { jaw: if dice.chance(0.7) { dice.range(0.1, 0.4) } else { 0.0 }, ..base }
    }

    fn happiness(dice: &mut Dice) -> Self {
        let base = Self { smile: 1.0, cheek_raise: 0.9, ..Self::default() };
        match dice.below(6) {
            0 | 1 => base,
            2 => Self { part: 1.0, jaw: dice.range(0.25, 0.6), ..base },
            _ => Self { part: 1.0, ..base },
        }
    }

    fn sadness(dice: &mut Dice) -> Self {
        let base = Self {
            inner_brow: 1.0,
            brow_lower: 0.35,
            droop: 0.75,
            corner_drop: 1.0,
            chin_raise: 0.5,
            ..Self::default()
        };
        if dice.chance(0.2) { Self { part: 0.7, stretch: 0.4, jaw: 0.15, ..base } } else { base }
    }

    fn surprise(dice: &mut Dice) -> Self {
        let base = Self { inner_brow: 1.0, outer_brow: 1.0, lid_raise: 0.9, part: 0.6, ..Self::default() };
        Self { jaw: if dice.chance(0.85) { dice.range(0.5, 1.1) } else { 0.2 }, ..base }
    }

    /// What a face does for no reason: a resting frown, a crooked mouth, a word half spoken. This is where the
    /// classes overlap.
    fn add_habits(&mut self, dice: &mut Dice) {
        for action in self.all() {
            *action += dice.normal(0.05).abs();
        }
        let habit = dice.range(0.1, 0.3);
        match dice.below(10) {
            0 => self.brow_lower += habit,
            1 => (self.inner_brow, self.outer_brow) = (self.inner_brow + habit, self.outer_brow + habit),
            2 => self.corner_drop += habit,
            3 => self.smile += habit,
            4 => self.part += habit,
            5 => self.lid_tighten += habit,
            6 => self.droop += habit,
            _ => {}
        }
    }

    fn all(&mut self) -> [&mut f32; 17] {
        [
            &mut self.inner_brow,
            &mut self.outer_brow,
            &mut self.brow_lower,
            &mut self.lid_raise,
            &mut self.cheek_raise,
            &mut self.lid_tighten,
            &mut self.nose_wrinkle,
            &mut self.lip_raise,
            &mut self.smile,
            &mut self.corner_drop,
            &mut self.chin_raise,
            &mut self.stretch,
            &mut self.press,
            &mut self.square,
            &mut self.part,
            &mut self.jaw,
            &mut self.droop,
        ]
    }
}

#[cfg(test)]
mod tests {
    use fer_artifact::Seed;

    use super::*;

    /// The mean of one action over many faces of each class.
    fn means(of: impl Fn(&Actions) -> f32) -> [f32; 7] {
        std::array::from_fn(|label| {
            let draw = |i| of(&Actions::of_class(label as u8, &mut Dice::new(Seed::new(1), i)));
            (0..200).map(draw).sum::<f32>() / 200.0
        })
    }

    #[test]
    fn each_emotion_leads_in_its_own_action() {
        let leads = |of: fn(&Actions) -> f32| {
            let means = means(of);
            (0..7).max_by(|&a, &b| means[a].total_cmp(&means[b]))
        };
        assert_eq!(leads(|a| a.brow_lower), Some(0));
        assert_eq!(leads(|a| a.nose_wrinkle), Some(1));
        assert_eq!(leads(|a| a.stretch), Some(2));
        assert_eq!(leads(|a| a.smile), Some(3));
        assert_eq!(leads(|a| a.corner_drop), Some(4));
        assert_eq!(leads(|a| a.jaw), Some(5));
    }

    #[test]
    fn a_neutral_face_moves_least() {
        let means = means(|a| a.clone().all().iter().map(|action| **action).sum());
        assert!(means[..6].iter().all(|&other| other > 2.0 * means[6]), "{means:?}");
    }
}
