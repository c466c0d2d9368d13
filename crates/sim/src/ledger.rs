//! The real ledger, with a judge who reads along and a disk that may be full.

use engine::ledger::{Ledger, LedgerError, Records, SqliteLedger};
use engine::{Bulk, Clock as _, Fact, Filter, Intent, State};

use crate::clock::Time;
use crate::oracle::Oracle;
use crate::weather::Dice;

/// A ledger whose every fact is judged at the moment at which it becomes durable.
#[derive(Debug)]
pub(crate) struct JudgedLedger {
    pub(crate) inner: SqliteLedger,
    pub(crate) dice: Dice,
    pub(crate) oracle: Oracle,
    /// The wall clock, where it was never moved.
    pub(crate) clock: Option<Time>,
}

type Result<T> = std::result::Result<T, LedgerError>;

impl Ledger for JudgedLedger {
    fn append(&self, facts: &[Fact]) -> Result<()> {
        if self.dice.ledger_fails() {
            self.oracle.note("the ledger cannot be written".to_owned());
            return Err(std::io::Error::from(std::io::ErrorKind::StorageFull).into());
        }
        self.inner.append(facts)?;
        facts.iter().for_each(|fact| self.oracle.durable(fact));
        Ok(())
    }

    fn append_bulk(&self, bulk: Bulk) -> Result<usize> {
        if self.dice.ledger_fails() {
            self.oracle.note("the ledger cannot be written".to_owned());
            return Err(std::io::Error::from(std::io::ErrorKind::StorageFull).into());
        }
        // The judge hears of each transfer what was said of all.
        let (intent, state) = match bulk {
            Bulk::AllSet { intent: Intent::Run } => (Intent::Run, State::Waiting),
            Bulk::AllSet { .. } => (Intent::Pause, State::Paused),
            Bulk::Expired { .. } => return self.inner.append_bulk(bulk),
            Bulk::Recalled { until_ms } | Bulk::DismissalEnds { until_ms } => {
                let rows = self.inner.append_bulk(bulk)?;
                let ends = matches!(bulk, Bulk::DismissalEnds { .. });
                let too_early = self.clock.as_ref().is_some_and(|clock| clock.wall_ms() < until_ms);
                if ends && too_early && rows > 0 {
                    self.oracle.accuse("what is given up is removed while it can be taken back".to_owned());
                }
                self.oracle.written_down(self.inner.leftovers()?);
                self.oracle.dismissal_over(until_ms, ends).iter().for_each(|fact| self.oracle.durable(fact));
                return Ok(rows);
            }
        };
        let mut of_rows = Vec::new();
        for id in self.inner.open_ids(Filter::All)? {
            let Some(one) = self.inner.load(id)? else { continue };
            let concerned = match intent {
                Intent::Run => one.state == State::Paused,
                _ => one.intent == Intent::Run && one.state != State::Failed,
            };
            if concerned {
                of_rows.push(Fact::IntentSet { id, intent });
                of_rows.push(Fact::StateSet { id, state, stats: None });
            }
        }
        let removed = self.inner.append_bulk(bulk)?;
        of_rows.iter().for_each(|fact| self.oracle.durable(fact));
        Ok(removed)
    }

    fn records(&self) -> &dyn Records {
        &self.inner
    }
}
