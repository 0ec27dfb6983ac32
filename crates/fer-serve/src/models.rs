use std::sync::Arc;

use fer_predict::Recognizer;

use crate::Error;

/// The models that answer, by name; the first one where a request names none.
#[derive(Debug)]
pub struct Models(Vec<(String, Arc<Recognizer>)>);

impl Models {
    /// These models. With the feature `faces` they should look for faces ([`fer_predict::Look::Faces`]): a request can
    /// ask for a look at the whole picture, too.
    ///
    /// # Errors
    /// [`Error::Models`] for none, or for two of one name.
    pub fn new(models: Vec<(String, Recognizer)>) -> Result<Self, Error> {
        let named = |name: &str| models.iter().filter(|(other, _)| other == name).count();
        match models.iter().find(|(name, _)| named(name) > 1) {
            Some((name, _)) => Err(Error::Models { found: format!("several named `{name}`") }),
            None if models.is_empty() => Err(Error::Models { found: "none".to_owned() }),
            None => Ok(Self(models.into_iter().map(|(name, recognizer)| (name, Arc::new(recognizer))).collect())),
        }
    }

    /// Names and recognizers, the default first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Recognizer)> {
        self.0.iter().map(|(name, recognizer)| (name.as_str(), &**recognizer))
    }

    /// The number of the model of this name.
    pub(crate) fn number(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|(other, _)| other == name)
    }

    pub(crate) fn recognizer(&self, number: usize) -> &Recognizer {
        &self.0[number].1
    }

    /// The same, for whoever keeps it.
    pub(crate) fn shared(&self, number: usize) -> Arc<Recognizer> {
        Arc::clone(&self.0[number].1)
    }
}
