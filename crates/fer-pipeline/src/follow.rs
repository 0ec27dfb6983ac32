//! A run as seen by the processes that do not lead it: they take part in its trainings, and write nothing.

use std::sync::Arc;

use fer_train::Peers;

use crate::company::{Call, Company, Training};
use crate::execute::{Folders, context};
use crate::progress::{Clock, Reporter};
use crate::run_folder::digests::Digests;
use crate::{Error, Pipeline, RunOptions};

impl Pipeline {
    /// The pipeline, with its trainings computed by these processes. Process 0 then calls [`Self::run`] and [`Self::dismiss`], the
    /// others [`Self::follow`].
    ///
    /// # Errors
    /// [`Error::Shards`] if a training has fewer parts than there are processes.
    pub fn with_peers(mut self, peers: Arc<dyn Peers>) -> Result<Self, Error> {
        let processes = peers.count();
        for link in &self.stages {
            let shards = link.stage.shared().map_or(processes, |stage| stage.shards());
            if shards < processes {
                return Err(Error::Shards { stage: link.name(), shards, processes });
            }
        }
        self.company = Company::of(peers);
        Ok(self)
    }

    /// Ends the other processes with this exit code.
    ///
    /// # Errors
    /// [`Error::Company`] if they cannot hear of it: they are in a training that broke off, or out of reach.
    pub fn dismiss(&self, exit_code: u8) -> Result<(), Error> {
        if self.company.is_at_hand() {
            return self.company.call(&Call::End(exit_code)).map_err(Error::Company);
        }
        Err(Error::Company(fer_train::Error::Peers("the others still wait in a training that broke off".into())))
    }

    /// Takes part in the trainings of the run that process 0 leads, until it ends; gives its exit code. Of the reporter, only
    /// whether it was asked to stop counts.
    ///
    /// # Errors
    /// Whatever keeps this process from a training that process 0 began.
    pub fn follow(&self, options: &RunOptions, clock: &dyn Clock, reporter: &mut dyn Reporter) -> Result<u8, Error> {
        loop {
            match self.company.hear().map_err(Error::Company)? {
                Call::End(exit_code) => return Ok(exit_code),
                Call::Train(training) => self.join(&training, options, clock, reporter)?,
            }
        }
    }

    fn join(
        &self,
        training: &Training,
        options: &RunOptions,
        clock: &dyn Clock,
        reporter: &mut dyn Reporter,
    ) -> Result<(), Error> {
        let (stage, rank) = (training.stage, self.company.rank());
        let differs = Error::Estranged { stage, rank };
        let Some(link) = self.stages.iter().find(|link| link.name() == stage) else { return Err(differs) };
        let inputs = link.digests(&Digests::new(&self.run_dir))?;
        if link.origin(self.seed, &inputs).key() != training.origin {
            return Err(differs);
        }
        let Some(shared) = link.stage.shared() else { return Err(differs) };
        let target = self.run_dir.join(stage.as_str());
        let company = &self.company;
        let (input, staging) = (&self.run_dir, &self.run_dir);
        let folders = Folders { input, chain: None, staging, target: &target, writer: None, company };
        let mut context = context(link, self.seed, &inputs, &folders, &target, (options, clock, reporter));
        shared.join(&mut context, training.checkpoint.as_ref()).map_err(|source| Error::Stage { stage, source })
    }
}
